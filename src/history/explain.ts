import type { Tick } from '../adapters/dynamodb-history-item';
import { instanceIdOf } from '../autoscaler/names';
import type { Plan, Verdict } from '../autoscaler/plan';
import { podKey } from '../autoscaler/planning/scheduling';
import type { KubernetesView } from '../autoscaler/snapshot';
import type { Recording } from '../autoscaler/telling/recording';
import type { Found, Recorded } from './look-up';

/** What history says about one tick, and about one node or pod up to it. */
export interface Explanation {
  tick: {
    time: string;
    epoch: number;
    trigger: string;
    decision: Verdict | Tick['decision'];
    actions: string[];
    operations: string[];
  };
  /** When the plan was recorded whose verdicts follow; null: none is there. */
  recorded: string | null;
  /** Whether that plan was still this tick's own. */
  current: boolean;
  verdicts: Pick<Plan, 'hold' | 'pools' | 'nodes' | 'pods'> | null;
  subject: SubjectExplanation | null;
}

export interface Subject {
  kind: 'node' | 'pod';
  /** Of a node its name, of a pod `namespace/name`. */
  name: string;
}

export interface SubjectExplanation extends Subject {
  /** What it was like when the plan was recorded; null: it was not there. */
  state: string | null;
  /** Null where it needed none: a pod that is bound. */
  verdict: Verdict | null;
  /** What was said of it before, the newest first; one entry for as long as it was the same. */
  before: { since: string; verdict: Verdict | null }[];
  /** What was done with it, the newest first. */
  done: { time: string; action: string }[];
}

export function explain(found: Found, subject?: Subject): Explanation {
  const { tick } = found;
  const latest = found.recorded[0];
  const plan = latest?.recording.plan;
  return {
    tick: {
      time: iso(tick.at),
      epoch: tick.epoch,
      trigger: tick.trigger,
      decision: tick.decision,
      actions: tick.actions,
      operations: tick.operations,
    },
    recorded: latest ? iso(latest.tick.at) : null,
    current: latest !== undefined && latest.tick.plan === tick.plan,
    verdicts: plan ? { hold: plan.hold, pools: plan.pools, nodes: plan.nodes, pods: plan.pods } : null,
    subject: subject ? explainSubject(found, subject) : null,
  };
}

/** Whether any of the recordings knows it. */
export const isKnown = ({ recorded }: Found, subject: Subject): boolean =>
  recorded.some(({ recording }) => stateOf(recording, subject) !== null || verdictOf(recording, subject) !== null);

function explainSubject({ recorded, ticks }: Found, subject: Subject): SubjectExplanation {
  const latest = recorded[0]?.recording;
  const names = [subject.name, ...instanceOf(recorded, subject)];
  return {
    ...subject,
    state: latest ? stateOf(latest, subject) : null,
    verdict: latest ? verdictOf(latest, subject) : null,
    before: changes(recorded, subject).slice(1),
    done: ticks.flatMap(({ at, actions }) =>
      actions
        .filter((action) => names.some((name) => mentions(action, name)))
        .map((action) => ({ time: iso(at), action })),
    ),
  };
}

/** Each verdict with the time of the recording that first had it, the newest first. */
function changes(recorded: Recorded[], subject: Subject): SubjectExplanation['before'] {
  const spans: SubjectExplanation['before'] = [];
  for (const { tick, recording } of recorded) {
    const verdict = verdictOf(recording, subject);
    const last = spans.at(-1);
    if (last && last.verdict?.code === verdict?.code) last.since = iso(tick.at);
    else spans.push({ since: iso(tick.at), verdict });
  }
  return spans;
}

const verdictOf = ({ plan }: Recording, { kind, name }: Subject): Verdict | null =>
  (kind === 'node' ? plan.nodes : plan.pods)[name] ?? null;

function stateOf({ snapshot }: Recording, { kind, name }: Subject): string | null {
  if (!snapshot.kubernetes.known) return null;
  const view = snapshot.kubernetes.value;
  return kind === 'node' ? nodeState(view, name) : podState(view, name);
}

function nodeState(view: KubernetesView, name: string): string | null {
  const node = view.nodes.find((candidate) => candidate.name === name);
  if (!node) return null;
  const pods = view.pods.filter((pod) => pod.nodeName === name).length;
  const words = [node.ready ? 'Ready' : 'not Ready', ...(node.unschedulable ? ['cordoned'] : [])];
  return `${words.join(', ')}, ${pods} pods, made ${iso(node.createdAt)}`;
}

function podState(view: KubernetesView, name: string): string | null {
  const pod = view.pods.find((candidate) => podKey(candidate) === name);
  if (!pod) return null;
  if (pod.nodeName) return `${pod.phase} on ${pod.nodeName}`;
  const since = pod.unschedulableSince;
  return since === undefined ? `${pod.phase}, not placed yet` : `${pod.phase}, unschedulable since ${iso(since)}`;
}

/** What is done with a node is partly told by its instance. */
function instanceOf(recorded: Recorded[], { kind, name }: Subject): string[] {
  if (kind === 'pod') return [];
  for (const { recording } of recorded) {
    const view = recording.snapshot.kubernetes;
    const id = view.known ? instanceIdOf(view.value.nodes.find((node) => node.name === name)?.providerId) : undefined;
    if (id) return [id];
  }
  return [];
}

/** As a word of its own: `web-1` is not in `web-10`. */
function mentions(text: string, name: string): boolean {
  const at = text.indexOf(name);
  if (at < 0) return false;
  const isEdge = (character: string | undefined) => character === undefined || !/[\w/-]/.test(character);
  return (isEdge(text[at - 1]) && isEdge(text[at + name.length])) || mentions(text.slice(at + name.length), name);
}

export const iso = (at: number): string => new Date(at).toISOString();
