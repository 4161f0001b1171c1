import type { ApiClient } from '../support/api';

/** A verb on a resource, which may be a subresource (`pods/eviction`). */
export interface Right {
  group: string;
  resource: string;
  verb: string;
}

/** Of those that discovery does not tell, since they are no requests of their own. */
const SPECIAL: Right[] = [
  { group: '', resource: 'users', verb: 'impersonate' },
  { group: '', resource: 'groups', verb: 'impersonate' },
  { group: '', resource: 'serviceaccounts', verb: 'impersonate' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', verb: 'bind' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', verb: 'escalate' },
];

interface ResourceList {
  resources: { name: string; verbs: string[] }[];
}

/** Every verb on every resource that the API server serves, in the group's preferred version. */
export async function everyRight(client: ApiClient): Promise<Right[]> {
  const { groups } = await client.get('apis');
  const versions = [
    { group: '', path: 'api/v1' },
    ...(groups as { name: string; preferredVersion: { groupVersion: string } }[]).map(({ name, preferredVersion }) => ({
      group: name,
      path: `apis/${preferredVersion.groupVersion}`,
    })),
  ];
  const lists = await Promise.all(
    versions.map(async ({ group, path }) => {
      const { resources } = (await client.get(path)) as unknown as ResourceList;
      return resources.flatMap(({ name, verbs }) => verbs.map((verb) => ({ group, resource: name, verb })));
    }),
  );
  return [...lists.flat(), ...SPECIAL];
}

const AT_ONCE = 16;

/**
 * What of these the client may do in every namespace, as the API server's own authorizers say.
 *
 * @returns verbs by `group/resource`, of the core group by the resource alone
 */
export async function allowedOf(client: ApiClient, rights: readonly Right[]): Promise<Record<string, string[]>> {
  const allowed: Record<string, string[]> = {};
  const open = [...rights];
  const ask = async () => {
    for (let right = open.shift(); right !== undefined; right = open.shift()) {
      if (!(await isAllowed(client, right))) continue;
      const name = right.group === '' ? right.resource : `${right.group}/${right.resource}`;
      allowed[name] = [...(allowed[name] ?? []), right.verb];
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const order = ['get', 'list', 'create', 'patch', 'delete'];
  const place = (verb: string) => order.indexOf(verb);
  return Object.fromEntries(
    Object.entries(allowed).map(([name, verbs]) => [name, verbs.sort((a, b) => place(a) - place(b))]),
  );
}

async function isAllowed(client: ApiClient, { group, resource, verb }: Right): Promise<boolean> {
  const [name, subresource] = resource.split('/');
  const review = await client.create('apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { group, resource: name, verb, ...(subresource && { subresource }) } },
  });
  return review.status.allowed === true;
}

interface Rules {
  resourceRules: { verbs: string[]; apiGroups: string[]; resources: string[]; resourceNames?: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs: string[] }[];
}

/**
 * All rules that hold for the client in a namespace, those for one name alone included, which no question about a verb
 * finds: `group/resource (names): verbs`, and `/path: verbs` of what is no resource.
 */
export async function rulesOf(client: ApiClient, namespace: string): Promise<string[]> {
  const review = await client.create('apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace },
  });
  const { resourceRules, nonResourceRules } = review.status as unknown as Rules;
  const line = (what: string, verbs: readonly string[]) => `${what}: ${[...verbs].sort().join(', ')}`;
  const rules = [
    ...resourceRules.flatMap(({ apiGroups, resources, resourceNames = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => {
          const only = resourceNames.length === 0 ? '' : ` (${resourceNames.join(', ')})`;
          return line(`${group === '' ? 'core' : group}/${resource}${only}`, verbs);
        }),
      ),
    ),
    ...nonResourceRules.flatMap(({ nonResourceURLs, verbs }) => nonResourceURLs.map((url) => line(url, verbs))),
  ];
  return [...new Set(rules)].sort();
}
