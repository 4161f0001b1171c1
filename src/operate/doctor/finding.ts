/**
 * How bad it is. `unknown`: it could not be looked at, and so is never `ok`; `skipped`: there was nothing to look at.
 */
export const LEVELS = ['problem', 'warning', 'unknown', 'ok', 'skipped'] as const;
export type Level = (typeof LEVELS)[number];

/** One thing that a check has to say. */
export interface Said {
  level: Level;
  /** What was looked at: a program, a quota, an instance. */
  what: string;
  /** What was found there; of what was skipped or is unknown, why. */
  value?: string;
  /** What should hold there. */
  rule?: string;
  /** What to do. */
  fix?: string;
  /** The command that does it, or shows more; one line, to be pasted. */
  command?: string;
}

/** The same with where it comes from; null: there is nothing of it. */
export interface Finding extends Record<'value' | 'rule' | 'fix' | 'command', string | null> {
  check: string;
  when: When;
  level: Level;
  /** `this machine`, `EC2 in us-east-1`. */
  where: string;
  what: string;
}

export const findingOf = (
  of: Pick<Finding, 'check' | 'when' | 'where'>,
  { level, what, value = null, rule = null, fix = null, command = null }: SaidOrNot,
): Finding => ({ check: of.check, when: of.when, level, where: of.where, what, value, rule, fix, command });

type SaidOrNot = Pick<Said, 'level' | 'what'> & { [Key in 'value' | 'rule' | 'fix' | 'command']?: string | null };

/** `before`: what a deploy needs; `after`: how what is deployed does; `always`: what may have been left over. */
export type When = 'before' | 'after' | 'always';

export const ok = (what: string, value?: string): Said => ({
  level: 'ok',
  what,
  ...(value === undefined ? {} : { value }),
});

export const skipped = (what: string, why: string): Said => ({ level: 'skipped', what, value: why });

export const counts = (findings: readonly Finding[]): Record<Level, number> =>
  Object.fromEntries(LEVELS.map((level) => [level, findings.filter((each) => each.level === level).length])) as Record<
    Level,
    number
  >;
