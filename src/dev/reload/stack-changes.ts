/** A synthesized stack: what `cdk.tf.json` holds. */
export type Stack = Record<string, unknown>;

/**
 * What another stack would change, a line for each address: `+ aws_vpc.main`, `~ aws_instance.server: user_data`,
 * `- output.url`. By what was synthesized alone: what is only known when it is applied shows in `npm run plan`.
 */
export function stackChanges(before: Stack, now: Stack): string[] {
  const [old, next] = [addresses(before), addresses(now)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((address) => {
    const [was, is] = [old.get(address), next.get(address)];
    if (was === undefined) return [`+ ${address}`];
    if (is === undefined) return [`- ${address}`];
    const fields = changedFields(was, is);
    return fields.length === 0 ? [] : [`~ ${address}: ${fields.join(', ')}`];
  });
}

/** Blocks that hold type → name → body. */
const NESTED: Readonly<Record<string, string>> = { resource: '', data: 'data.' };

function addresses(stack: Stack): Map<string, unknown> {
  return new Map(
    Object.entries(stack).flatMap(([block, body]) => {
      if (block === '//') return [];
      const prefix = NESTED[block];
      if (prefix === undefined) return entries(body).map(([name, value]) => [`${block}.${name}`, value] as const);
      return entries(body).flatMap(([type, named]) =>
        entries(named).map(([name, value]) => [`${prefix}${type}.${name}`, value] as const),
      );
    }),
  );
}

function changedFields(was: unknown, is: unknown): string[] {
  if (!isObject(was) || !isObject(is)) return json(was) === json(is) ? [] : ['value'];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => name !== '//');
  return names.filter((name) => json(was[name]) !== json(is[name]));
}

const json = (value: unknown): string | undefined => JSON.stringify(value);
const entries = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
