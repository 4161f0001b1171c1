import type { AuditedWrite } from '../support/audit';
import { type AwsCall, instancesOf } from '../support/cloud/front';
import type { System } from '../support/system';

/** What was done to machines, Nodes and pods: by the calls of AWS, and by the API server's own audit log. */
export interface Done {
  /** Milliseconds since 1970. */
  at: number;
  /** `ec2.TerminateInstances i-0123`, `create pods/eviction default/web-1: 429` */
  what: string;
}

const LOOKS = /^ec2\.Describe/;

/** In the order of time. @param since milliseconds since 1970 */
export function doneSince({ front, control }: System, since: number): Done[] {
  const calls = front.calls.filter(({ operation }) => operation.startsWith('ec2.') && !LOOKS.test(operation));
  return [...calls.map(ofCall), ...control.audited().map(ofWrite)]
    .filter(({ at }) => at >= since)
    .sort((a, b) => a.at - b.at);
}

const ofCall = (call: AwsCall): Done => ({ at: call.at, what: [call.operation, ...instancesOf(call)].join(' ') });

const ofWrite = ({ at, verb, resource, name, code }: AuditedWrite): Done => ({
  at,
  what: `${verb} ${resource} ${name}: ${code}`,
});
