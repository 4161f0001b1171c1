import { existsSync, readFileSync } from 'node:fs';

/** A write as the API server's audit log has it. */
export interface AuditedWrite {
  /** When it was received, milliseconds since 1970. */
  at: number;
  user: string;
  /** `create`, `patch`, `delete` */
  verb: string;
  /** `nodes`, `pods/eviction` */
  resource: string;
  /** `<namespace>/<name>`, or the name of what has no namespace. */
  name: string;
  /** HTTP status. */
  code: number;
}

const CONTROLLER = 'system:serviceaccount:kube-system:k3s-autoscaler';

/** What is kept: what the function writes, and what is evicted or taken away by anybody. JSON is YAML. */
export const AUDIT_POLICY = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', users: [CONTROLLER], verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'Metadata', verbs: ['create'], resources: [{ group: '', resources: ['pods/eviction'] }] },
    { level: 'Metadata', verbs: ['delete', 'deletecollection'], resources: [{ group: '', resources: ['nodes'] }] },
    { level: 'None' },
  ],
});

interface AuditEvent {
  requestReceivedTimestamp: string;
  verb: string;
  user: { username: string };
  objectRef?: { resource: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code: number };
}

/** What changed nodes or evicted pods, since the log was begun; Events and the status, which only tell, are left out. */
export function auditedWrites(file: string): AuditedWrite[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .flatMap(eventsIn)
    .map(writeOf)
    .filter(({ resource }) => resource.startsWith('nodes') || resource === 'pods/eviction');
}

const BEGINS = '{"kind":"Event"';

/**
 * A server that was killed may have left half a line, which the next one goes on with.
 *
 * @throws SyntaxError for a line that is no event, unless it is the last, which is being written: what is not read would
 * pass for not done
 */
function eventsIn(line: string, index: number, lines: string[]): AuditEvent[] {
  try {
    return [JSON.parse(line.slice(Math.max(0, line.lastIndexOf(BEGINS)))) as AuditEvent];
  } catch (error) {
    if (index === lines.length - 1) return [];
    throw error;
  }
}

function writeOf({ requestReceivedTimestamp, verb, user, objectRef, responseStatus }: AuditEvent): AuditedWrite {
  const { resource = '', subresource, namespace, name = '' } = objectRef ?? {};
  return {
    at: Date.parse(requestReceivedTimestamp),
    user: user.username,
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name: namespace === undefined ? name : `${namespace}/${name}`,
    code: responseStatus?.code ?? 0,
  };
}
