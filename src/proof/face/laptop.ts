import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { MailboxItems } from '../../adapters/dynamodb-mailbox';
import { AT, type Head, partKey } from '../../adapters/dynamodb-mailbox-item';
import { LaptopMailbox } from '../../adapters/dynamodb-mailbox-laptop';
import { partsOf } from '../../adapters/dynamodb-parts';
import { type Attachment, CONTRACT, type Mode, type Parcel } from '../../autoscaler/live/mailbox';
import type { Plan } from '../../autoscaler/plan';
import { Random } from '../../world/random';
import { START } from '../../world/scenario/types';
import type { Conductor, Player } from './conductor';
import type { DynamoOperation, DynamoTables } from './dynamodb-tables';

/** What is written of an answer: half of it under its head, half without, or the head alone over what was there. */
export type Parts = 'half' | 'headless' | 'head';

/** What a laptop does with one handover. */
export type Move =
  /** `head`: what its answer says of itself, where that is not true. `parts`: how much of it is written. */
  | { kind: 'answer'; afterMs: number; body: string; head?: Partial<Head>; parts?: Parts }
  /** It beats on and says nothing. */
  | { kind: 'silent' }
  /** It beats no more. */
  | { kind: 'dies'; afterMs: number }
  /** It says good-bye. */
  | { kind: 'leaves'; afterMs: number }
  /** It beats no more, and makes of its attachment the largest item that there may be. */
  | { kind: 'spoils'; afterMs: number };

/** What was handed over, as the laptop has it. */
export interface Asked {
  head: Head;
  parcel: Parcel;
  /** What it was handed before, and how it answered. */
  before: readonly { head: Head; parcel: Parcel }[];
  random: Random;
  /** Milliseconds since the start of the run. */
  sinceStart: number;
}

/** What a laptop knows of a plan that it wrote, and the function cannot. */
export interface Written {
  epoch: number;
  /** Of the snapshot that it was asked about, virtual milliseconds. */
  at: number;
  /** It says of itself what is so, and is whole. False: nobody may do it. */
  isTrue: boolean;
  /** It is not what this version would plan: whether it may be done is the gates' to say. */
  isHarmed: boolean;
}

export interface LaptopManners {
  mode?: Mode;
  /** Of the contract that it speaks; default: the function's. */
  contract?: string;
  /** Milliseconds after the start at which it is attached; anew, with a nonce of its own, where it had gone. */
  attachesMs: readonly number[];
  /** How much its clock is ahead, milliseconds. */
  skewMs: number;
  move: (asked: Asked) => Move;
  /** Undefined: none of its own. */
  written: (plan: Plan) => Written | undefined;
}

interface LaptopOptions extends LaptopManners {
  seed: number;
  conductor: Conductor;
  tables: DynamoTables;
  historyTable: string;
  cluster: string;
  /** Somebody may look at what it does. */
  isAwaited: () => boolean;
}

const BEAT_MS = 1_000;
const POLL_MS = 400;
const NEVER_MS = 2 ** 31 - 1;
/** DynamoDB takes 400 KB, names of attributes and all. */
const LARGEST = 'x'.repeat(400 * 1024 - 500);

/**
 * A developer's laptop: it beats and answers through its own end of the mailbox, in virtual time. Between invocations
 * nobody reads its beat, so it moves only while one runs, and its beat is the number of seconds that have passed.
 */
export class Laptop implements Player {
  #mine: Attachment | undefined;
  #attachedAt = 0;
  /** When each attachment beat last. */
  readonly lastBeats = new Map<string, number>();
  #isMoving = false;
  #isSpoilt = false;
  #busy = 0;
  #answered: string | undefined;
  readonly #before: { head: Head; parcel: Parcel }[] = [];
  readonly #mailbox: LaptopMailbox;
  readonly #items: MailboxItems;
  readonly #random: Random;

  constructor(private readonly options: LaptopOptions) {
    const { seed, conductor, tables, historyTable, cluster, skewMs } = options;
    const now = () => conductor.now() + skewMs;
    const mailbox = { client: clientOf(tables), historyTable, cluster, now, deadlineMs: NEVER_MS };
    this.#mailbox = new LaptopMailbox(mailbox);
    this.#items = new MailboxItems(mailbox);
    this.#random = new Random(seed, 'laptop');
    conductor.join(this);
    for (const atMs of options.attachesMs) conductor.at(START + atMs, () => this.#do(() => this.#attach()));
  }

  get isStill(): boolean {
    return this.#busy === 0;
  }

  /** An invocation begins. */
  wake(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    this.#step();
  }

  #step(): void {
    const { conductor, isAwaited } = this.options;
    this.#do(() => this.#beatAndPoll());
    conductor.at(conductor.now() + POLL_MS, () => {
      if (isAwaited()) this.#step();
      else this.#isMoving = false;
    });
  }

  /** One that holds the place is dead by now, or its owner's. */
  async #attach(): Promise<void> {
    const { conductor, mode = 'live', contract = CONTRACT, skewMs } = this.options;
    if (this.#mine) return;
    // As a person does who is told of it.
    if (this.#isSpoilt) await this.#items.remove(AT.attachment, 'nonce <> :none', { ':none': { S: '' } });
    this.#isSpoilt = false;
    this.#attachedAt = conductor.now();
    const since = new Date(conductor.now() + skewMs).toISOString();
    const mine = { owner: 'ana@laptop', nonce: this.#random.uuid(), mode, contract, since, beat: 1 };
    if (await this.#mailbox.attach(mine, await this.#mailbox.attachment())) this.#beats(mine);
  }

  #beats(mine: Attachment): void {
    this.#mine = mine;
    this.lastBeats.set(mine.nonce, this.options.conductor.now());
  }

  async #beatAndPoll(): Promise<void> {
    const mine = this.#mine;
    if (!mine) return;
    const beat = 1 + Math.floor((this.options.conductor.now() - this.#attachedAt) / BEAT_MS);
    if (beat !== mine.beat && (await this.#mailbox.beat({ ...mine, beat }))) this.#beats({ ...mine, beat });
    const head = await this.#mailbox.handover(mine);
    if (!head || head.id === this.#answered) return;
    // Of one that is just being overwritten the parts are another's: the next poll finds that one.
    const body = await this.#mailbox.body(head).catch(() => undefined);
    if (body === undefined) return;
    this.#answered = head.id;
    this.#serve(head, JSON.parse(body) as Parcel);
  }

  #serve(head: Head, parcel: Parcel): void {
    const { conductor, move } = this.options;
    const sinceStart = conductor.now() - START;
    const next = move({ head, parcel, before: [...this.#before], random: this.#random, sinceStart });
    this.#before.push({ head, parcel });
    if (next.kind === 'silent') return;
    conductor.at(conductor.now() + next.afterMs, () => this.#do(() => this.#make(next, head)));
  }

  async #make(next: Exclude<Move, { kind: 'silent' }>, head: Head): Promise<void> {
    const mine = this.#mine;
    if (!mine) return;
    if (next.kind === 'answer') return this.#answer(next, head);
    this.#mine = undefined;
    if (next.kind === 'leaves') await this.#mailbox.detach(mine);
    if (next.kind === 'spoils') {
      this.#isSpoilt = true;
      await this.#items.put(AT.attachment, { ...mine, nonce: LARGEST });
    }
  }

  /** Whole, or as it is when whoever writes it dies, or lies. */
  async #answer({ body, head: lies, parts }: Extract<Move, { kind: 'answer' }>, asked: Head): Promise<void> {
    const head = { ...asked, contract: CONTRACT, failed: false, ...lies };
    if (parts === undefined) return this.#items.send(AT.answer, head, body);
    if (parts === 'head') return this.#items.put(AT.answer, { ...head, parts: 1 });
    const [data = new Uint8Array()] = partsOf(body) ?? [];
    const half = data.subarray(0, Math.ceil(data.length / 2));
    await this.#items.put(partKey(AT.answer, 0), { id: head.id }, { data: half });
    if (parts === 'half') await this.#items.put(AT.answer, { ...head, parts: 2 });
    else this.#mine = undefined;
  }

  #do(run: () => Promise<void>): void {
    this.#busy++;
    void run().finally(() => this.#busy--);
  }
}

/** The SDK's client of the laptop: its line is quick, for what is slow is said by its moves. */
function clientOf(tables: DynamoTables): DynamoDBClient {
  const send = async (command: unknown): Promise<unknown> => {
    const operation = OPERATIONS.find(([kind]) => command instanceof kind)?.[1];
    if (!operation) throw new Error(`the proof's laptop has no ${(command as object)?.constructor.name}`);
    return tables.run(operation, (command as { input: object }).input);
  };
  return { send } as unknown as DynamoDBClient;
}

const OPERATIONS = [
  [DeleteItemCommand, 'DeleteItem'],
  [GetItemCommand, 'GetItem'],
  [PutItemCommand, 'PutItem'],
] as const satisfies readonly (readonly [unknown, DynamoOperation])[];
