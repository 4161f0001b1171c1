import type { Verdict } from '../plan';
import { verdict } from './verdict';

/** What pods wait for, where nothing is launched for them now: no node goes meanwhile. By the verdicts on the pods. */
export function waitedFor(pods: Readonly<Record<string, Verdict>>): Verdict | undefined {
  const count = (code: string) => Object.values(pods).filter((each) => each.code === code).length;
  if (count('pod-over-limit') > 0) return verdict('at-maximum', `${count('pod-over-limit')} pods wait.`);
  const held = count('pod-waits-for-offering') + count('pod-waits-for-probe');
  if (held > 0) return verdict('launch-held', `${held} pods wait.`);
  if (count('pod-fits-joining') > 0) return verdict('capacity-in-flight', `Pods: ${count('pod-fits-joining')}.`);
  return undefined;
}
