import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Verdict } from '../plan';
import type { Pod, Snapshot } from '../snapshot';
import { mismatch, takersOf } from './mismatch';
import type { Board } from './packing/board';
import type { Kind } from './packing/kinds';
import type { Offer } from './packing/offers';
import { REASONS } from './reasons';
import { resourcesInWords } from './resources';
import type { Refusal, Room } from './room';
import type { Samples } from './samples';
import { verdict } from './verdict';

interface Answer {
  verdict: Verdict;
  /** There is a sort of node that takes the pod, and a limit, a refusal of EC2 or a circuit keeps it away. */
  isForNow: boolean;
}

/** Why pods get no node, and which pools would have grown for them. */
export class Refusals {
  /** By pool. */
  readonly ofPools: Record<string, Verdict> = {};
  readonly #byKind = new Map<Kind, Answer>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly config: RuntimeConfig,
    private readonly room: Room,
    private readonly board: Board,
    private readonly offers: readonly Offer[],
    private readonly samples: Samples,
  ) {}

  of(pod: Pod): Verdict {
    const sorts = this.snapshot.state.unhelped[pod.uid];
    const answer = this.#ofKind(pod);
    if (sorts === undefined) return answer.verdict;
    const bought = `Pool and type: ${sorts.join(', ')}.`;
    // What keeps it from another sort is what a person can change.
    if (!answer.isForNow) return verdict('pod-unhelped', bought);
    return { ...answer.verdict, text: `${answer.verdict.text} ${REASONS['pod-unhelped']} ${bought}` };
  }

  #ofKind(pod: Pod): Answer {
    const kind = this.board.kinds.of(pod);
    const known = this.#byKind.get(kind);
    if (known) return known;
    const answer = this.#reason(pod);
    this.#byKind.set(kind, answer);
    return answer;
  }

  #reason(pod: Pod): Answer {
    const unfit: string[] = [];
    let refusal: Verdict | undefined;
    let isKeptAway = false;
    let late: RuntimePool | undefined;
    for (const pool of this.config.pools) {
      const why = mismatch(pod, pool, this.samples.all(pool));
      if (why) {
        unfit.push(why);
        continue;
      }
      const refused = this.#refusal(pod, pool);
      if (refused) {
        this.ofPools[pool.name] = poolRefusal(refused, pool, this.config, this.room);
        refusal ??= podRefusal(refused, pool, this.room);
      } else if (this.#isTaken(pod, pool)) late ??= pool;
      else isKeptAway = true;
    }
    if (late) return { verdict: verdict('pod-may-wait', `Pool: ${late.name}.`), isForNow: true };
    if (refusal) return { verdict: refusal, isForNow: true };
    if (isKeptAway) return { verdict: verdict('pod-kept-away'), isForNow: false };
    const why = `It requests ${resourcesInWords(pod.requests)}: ${unfit.join('; ')}.`;
    return { verdict: verdict('pod-too-large', why), isForNow: false };
  }

  /** By one more node: a limit kept it from being bought, and then the scheduler could do without another. */
  #isTaken(pod: Pod, pool: RuntimePool): boolean {
    return takersOf(pod, this.samples.all(pool)).some(({ slot }) => {
      const bin = this.board.add(slot);
      const fits = this.board.fits(this.board.kinds.of(pod), bin);
      this.board.drop(bin);
      return fits;
    });
  }

  /** Of those of its offers that would do: others may be had and are of no use to the pod. */
  #refusal(pod: Pod, pool: RuntimePool): Refusal | undefined {
    const takers = takersOf(pod, this.samples.all(pool));
    const own = this.offers.filter(
      (offer) =>
        offer.pool === pool && takers.some(({ type, zone }) => type === offer.type && offer.zones.includes(zone)),
    );
    if (own.length === 0) return this.room.refusal(pool) ?? 'offerings';
    const refusals = own.map(({ type, market }) => this.room.refusal(pool, { type, market }));
    return refusals.every((refusal) => refusal !== undefined) ? refusals[0] : undefined;
  }
}

function poolRefusal(why: Refusal, pool: RuntimePool, { limits }: RuntimeConfig, room: Room): Verdict {
  switch (why) {
    case 'limit':
      return verdict('at-maximum', `limits.maxNodes is ${limits.maxNodes}.`);
    case 'pool-maximum':
      return verdict('pool-at-maximum', `Its maximum is ${pool.max}.`);
    case 'offerings':
      return verdict('pool-offerings-failed');
    case 'circuit':
      return verdict('pool-circuit-open', room.console(pool));
    default:
      return verdict('at-maximum', room.spent(why));
  }
}

function podRefusal(why: Refusal, pool: RuntimePool, room: Room): Verdict {
  switch (why) {
    case 'limit':
      return verdict('pod-over-limit', 'Limit: limits.maxNodes.');
    case 'pool-maximum':
      return verdict('pod-over-limit', `Limit: max of pool ${pool.name}.`);
    case 'offerings':
      return verdict('pod-waits-for-offering', `Pool: ${pool.name}.`);
    case 'circuit':
      return verdict('pod-waits-for-probe', [`Pool: ${pool.name}.`, room.console(pool)].filter(Boolean).join(' '));
    default:
      return verdict('pod-over-limit', `Limit: ${room.spent(why)}`);
  }
}
