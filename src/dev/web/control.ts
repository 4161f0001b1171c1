import { z } from 'zod';
import type { Controls } from '../interactive/controls';
import { FAULTS } from '../interactive/menus';
import type { Control } from './frame';
import type { Refusal } from './refusal';

/** What the web view does to the dev loop. */
export type WebControls = Pick<Controls, 'tick' | 'pause' | 'resume' | 'speed' | 'load' | 'fault' | 'scenario'>;

const MINUTE_MS = 60_000;
/** A load beyond a day is a slip of the finger. */
const MOST_MINUTES = 24 * 60;
/** The dev loop takes the nearest speed that it can. */
const SPEED = 'must be a number above 0; give virtual seconds in a second, like 60';
const NODES = ['all', 'base', 'oldest'] as const;

/** Messages are `<rule>; <fix>`. */
const oneOf = (names: readonly string[], fix: string) =>
  z.string({ error: `must be a string; ${fix}` }).refine((name) => names.includes(name), {
    error: `must be one of ${names.join(', ')}; ${fix}`,
  });

const between = (least: number, most: number, fix: string) => {
  const error = `must be a number from ${least} to ${most}; ${fix}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
};

const plain = <Kind extends string>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

const schemaFor = (scenarios: readonly string[]) =>
  z.discriminatedUnion(
    'kind',
    [
      plain('tick'),
      plain('pause'),
      plain('resume'),
      z.strictObject({ kind: z.literal('speed'), speed: z.number({ error: SPEED }).positive({ error: SPEED }) }),
      z.strictObject({
        kind: z.literal('load'),
        nodes: z.enum(NODES, { error: `must be one of ${NODES.join(', ')}; write "all"` }),
        cpu: between(0, 1, 'give a share of the capacity, like 0.95'),
        minutes: between(1, MOST_MINUTES, 'give minutes, like 10'),
      }),
      z.strictObject({
        kind: z.literal('fault'),
        name: oneOf(
          FAULTS.map(({ name }) => name),
          'choose a fault of the menu',
        ),
      }),
      z.strictObject({
        kind: z.literal('scenario'),
        name: oneOf(scenarios, 'choose a file of the scenario directory, without .yaml'),
      }),
    ],
    {
      error:
        'must be an object with a kind that is known; give kind: tick, pause, resume, speed, load, fault or scenario',
    },
  );

/** Reads the body of `POST /control`. */
export function readControl(text: string, scenarios: readonly string[]): Control | Refusal {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { what: WHAT, where: 'body', value: text, rule: 'must be JSON', fix: 'send JSON like {"kind":"tick"}' };
  }
  const parsed = schemaFor(scenarios).safeParse(body);
  return parsed.success ? parsed.data : refusalOf(parsed.error.issues[0] as z.core.$ZodIssue, body);
}

export const isRefusal = (read: Control | Refusal): read is Refusal => 'rule' in read;

const WHAT = 'The control was not obeyed.';

function refusalOf(issue: z.core.$ZodIssue, body: unknown): Refusal {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const rule = 'must not be there: this kind of control has no such field';
    return { what: WHAT, where: `body.${key}`, value: valueAt(body, [key]), rule, fix: `leave ${key} out` };
  }
  const [rule = '', fix = ''] = issue.message.split('; ');
  return { what: WHAT, where: ['body', ...issue.path].join('.'), value: valueAt(body, issue.path), rule, fix };
}

/** null for what is absent: JSON has no word for it. */
const valueAt = (body: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], body) ?? null;

/** @returns why it cannot be obeyed in the world as it is */
export function obey(control: Control, controls: WebControls): Refusal | undefined {
  switch (control.kind) {
    case 'tick':
    case 'pause':
    case 'resume':
      controls[control.kind]();
      return undefined;
    case 'speed':
      controls.speed(control.speed);
      return undefined;
    case 'load': {
      const { nodes, cpu, minutes } = control;
      controls.load({ kind: 'load', nodes, cpu, forMs: minutes * MINUTE_MS });
      return undefined;
    }
    case 'fault': {
      const fault = FAULTS.find(({ name }) => name === control.name);
      return fault && controls.fault(fault.step);
    }
    case 'scenario':
      controls.scenario(control.name);
      return undefined;
  }
}
