import type { z } from 'zod';
import type { FieldKey, Violation } from './errors';
import { DURATION_UNIT, type RuleParams } from './fields';
import { nearest } from './nearest';
import { fieldAt } from './reference';

/** What zod says, as violations that name the rule and the fix. */

type Issue = z.core.$ZodIssue;

function valueAt(input: unknown, keys: readonly FieldKey[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<FieldKey, unknown>)[key] : undefined,
    input,
  );
}

function example(keys: readonly FieldKey[]): string {
  const field = fieldAt(keys);
  const shown = field?.default ?? field?.examples?.[0];
  return shown === undefined ? 'see docs/configuration.md' : `write for example ${JSON.stringify(shown)}`;
}

const withUnit = (text: string, keys: readonly FieldKey[]): string => {
  const unit = fieldAt(keys)?.unit;
  return unit === undefined || unit === DURATION_UNIT ? text : `${text} (${unit})`;
};

function bound(issue: Issue & { code: 'too_small' | 'too_big' }, keys: readonly FieldKey[]): RuleParams {
  const word = issue.code === 'too_small' ? 'at least' : 'at most';
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  if (issue.origin !== 'array') {
    return {
      rule: withUnit(`must be ${word} ${limit}`, keys),
      fix: `write ${limit} or ${word === 'at least' ? 'more' : 'less'}`,
    };
  }
  return { rule: `must name ${word} ${limit}`, fix: issue.code === 'too_small' ? 'add one' : 'remove some' };
}

const ARTICLES: Record<string, string> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'a map',
};

function ruleOf(issue: Issue, keys: readonly FieldKey[], value: unknown): RuleParams {
  switch (issue.code) {
    case 'custom':
      return issue.params as unknown as RuleParams;
    case 'too_small':
    case 'too_big':
      return bound(issue, keys);
    case 'invalid_type': {
      const { expected } = issue;
      const missing = value === undefined ? 'is needed: ' : 'must be ';
      const words = fieldAt(keys)?.type ?? expected;
      return { rule: withUnit(missing + (ARTICLES[expected] ?? `a ${words}`), keys), fix: example(keys) };
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const guess = nearest(String(value), allowed);
      const fix = guess === undefined ? `write '${allowed[0]}'` : `did you mean '${guess}'?`;
      return { rule: `must be one of ${allowed.map((word) => `'${word}'`).join(', ')}`, fix };
    }
    case 'invalid_format':
      return { rule: `must be ${issue.message}`, fix: example(keys) };
    default:
      return { rule: issue.message, fix: example(keys) };
  }
}

function unknownFields(issue: Issue & { code: 'unrecognized_keys' }, path: FieldKey[], input: unknown): Violation[] {
  const known = Object.keys(fieldAt(path)?.properties ?? {});
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    const fix = guess === undefined ? 'remove it' : `did you mean '${guess}'?`;
    const keys = [...path, key];
    return { keys, value: valueAt(input, keys), rule: `is not a field; there are: ${known.join(', ')}`, fix };
  });
}

export function violationsOf(issues: readonly Issue[], input: unknown): Violation[] {
  return issues.flatMap((issue) => {
    const keys = issue.path as FieldKey[];
    if (issue.code === 'unrecognized_keys') return unknownFields(issue, keys, input);
    const value = valueAt(input, keys);
    return [{ keys, value, ...ruleOf(issue, keys, value) }];
  });
}
