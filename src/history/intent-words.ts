import type { Intent, LaunchIntent } from '../autoscaler/plan';

/** `launch 3 × burst t3a.medium in us-east-1a for 24 pods (pending-pods)`, without what a person would not read out. */
export function intentWords(intent: Intent): string {
  switch (intent.kind) {
    case 'launch':
      return launchWords(intent);
    case 'remove':
      return `remove ${intent.node} (${intent.reason})`;
    case 'uncordon':
      return `take back ${intent.node}`;
  }
}

function launchWords({ count, pool, types, zones, pods, reason }: LaunchIntent): string {
  const type = types ? ` ${firstOf(types)}` : '';
  const zone = zones ? ` in ${firstOf(zones)}` : '';
  const whose = pods.length > 0 ? ` for ${pods.length} pod${pods.length === 1 ? '' : 's'}` : '';
  return `launch ${count} × ${pool}${type}${zone}${whose} (${reason})`;
}

/** The one that is asked for first. */
const firstOf = ([first = '', second, ...more]: readonly string[]): string => {
  if (second === undefined) return first;
  return more.length > 0 ? `${first} or ${more.length + 1} others` : `${first} or ${second}`;
};
