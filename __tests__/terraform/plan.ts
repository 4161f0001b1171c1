/** Terraform's own words (`-json`) about what it would do and what it did, as data. */

interface Message {
  type: string;
  change?: { resource: { addr: string }; action: string };
  hook?: { resource: { addr: string } };
}

const messages = (output: string): Message[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Message);

/** CDKTF ends an id with a hash of the construct's path. */
const plain = (address: string): string => address.replace(/_[0-9A-F]{8}$/, '');

/**
 * All that a plan would change, sorted: `update aws_lambda_function.autoscaler_function`.
 *
 * @param output of `plan -json`
 */
export const planned = (output: string): string[] =>
  messages(output)
    .filter(({ type }) => type === 'planned_change')
    .map(({ change }) => `${change?.action} ${plain(change?.resource.addr ?? '')}`)
    .sort();

/** What happened to a resource. */
export interface Step {
  address: string;
  event: 'apply_start' | 'apply_complete';
}

/** The order in which `apply -json` or `destroy -json` did what it did. */
export const steps = (output: string): Step[] =>
  messages(output).flatMap(({ type, hook }) =>
    type === 'apply_start' || type === 'apply_complete'
      ? [{ event: type, address: plain(hook?.resource.addr ?? '') }]
      : [],
  );

/** Addresses of what each resource depends on, directly or by others: what is destroyed only after it. */
export type Dependencies = Map<string, Set<string>>;

/** @param dot output of `terraform graph` */
export function dependencies(dot: string): Dependencies {
  const direct = new Map<string, string[]>();
  for (const [, from = '', to = ''] of dot.matchAll(/"(\S+)" -> "(\S+)";/g)) {
    direct.set(plain(from), [...(direct.get(plain(from)) ?? []), plain(to)]);
  }
  const reached = (address: string, seen = new Set<string>()): Set<string> => {
    for (const next of direct.get(address) ?? []) {
      if (!seen.has(next)) reached(next, seen.add(next));
    }
    return seen;
  };
  return new Map([...direct.keys()].map((address) => [address, reached(address)]));
}
