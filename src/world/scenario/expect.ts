/** Expectations of a scenario: `<path> <op> <literal>` over the report. */

export type Literal = number | string | boolean | null;
export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface Expectation {
  /** Names and indices; a negative index counts from the end. */
  path: (string | number)[];
  operator: Operator;
  literal: Literal;
}

export interface ExpectationResult {
  expression: string;
  /** What the report holds there; absent where the path leads nowhere. */
  actual?: unknown;
  pass: boolean;
}

const EXPECTATION = /^\s*(\S+)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/;
const PATH_PART = /^(?:\.?([^.[\]]+)|\[(-?\d+)\])/;
const RULE = 'must be <path> <op> <literal>; write it like summary.podsRunning == 50';

/** Reads one expectation, or says what is wrong with it. */
export function parseExpectation(text: string): Expectation | { problem: string } {
  const parts = EXPECTATION.exec(text);
  const [, pathText = '', operator = '', literalText = ''] = parts ?? [];
  const path = parts && parsePath(pathText);
  if (!path) return { problem: RULE };
  const literal = parseLiteral(literalText);
  if (literal === undefined) {
    return { problem: `${RULE}; the literal is a number, true, false, null or text in quotes, not ${literalText}` };
  }
  return { path, operator: operator as Operator, literal };
}

function parsePath(text: string): (string | number)[] | undefined {
  const path: (string | number)[] = [];
  let rest = text;
  while (rest !== '') {
    const part = PATH_PART.exec(rest);
    if (!part || (path.length === 0 && rest.startsWith('.'))) return undefined;
    path.push(part[2] === undefined ? (part[1] ?? '') : Number(part[2]));
    rest = rest.slice(part[0].length);
  }
  return path.length > 0 ? path : undefined;
}

function parseLiteral(text: string): Literal | undefined {
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  // A bare word is text: reason codes and phases are words with dashes.
  return /^[A-Za-z][\w./:-]*$/.test(text) ? text : undefined;
}

/** A path that leads nowhere fails, whatever the operator. */
export function evaluate(expression: string, report: unknown): ExpectationResult {
  const parsed = parseExpectation(expression);
  if ('problem' in parsed) return { expression, pass: false };
  const found = resolve(report, parsed.path);
  if (!found) return { expression, pass: false };
  return { expression, actual: found.value, pass: compare(found.value, parsed.operator, parsed.literal) };
}

function resolve(value: unknown, path: (string | number)[]): { value: unknown } | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return value === undefined ? undefined : { value };
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof head === 'number') {
    return Array.isArray(value) ? resolve(value.at(head), rest) : undefined;
  }
  return resolveName(value, head, rest);
}

/** Some keys hold dots (`calls.ec2.RunInstances`): the longest run of names that is a key wins. */
function resolveName(value: object, head: string, rest: (string | number)[]): { value: unknown } | undefined {
  const firstIndex = rest.findIndex((part) => typeof part === 'number');
  const names = firstIndex < 0 ? rest.length : firstIndex;
  for (let taken = names; taken >= 0; taken--) {
    const key = [head, ...rest.slice(0, taken)].join('.');
    if (Object.hasOwn(value, key)) return resolve((value as Record<string, unknown>)[key], rest.slice(taken));
  }
  return undefined;
}

function compare(actual: unknown, operator: Operator, literal: Literal): boolean {
  if (operator === '==') return actual === literal;
  if (operator === '!=') return actual !== literal;
  const ordered =
    (typeof actual === 'number' && typeof literal === 'number') ||
    (typeof actual === 'string' && typeof literal === 'string');
  if (!ordered) return false;
  const [a, b] = [actual, literal] as [number, number];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  if (operator === '>') return a > b;
  return a >= b;
}
