import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extentOf } from '../../src/backtest/answers';
import { QUERY_NAMES } from '../../src/backtest/queries';
import { readExport } from '../../src/backtest/read-export';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'export-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(lines: readonly string[]): string {
  const at = path.join(directory, 'export.jsonl');
  writeFileSync(at, lines.join('\n'));
  return at;
}

const answer = (...points: [number, string][]): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: points }] } });
const line = (query: string, text = answer()): string => `{"query":"${query}","answer":${text}}`;
const whole = QUERY_NAMES.map((name) => line(name));

describe('an export', () => {
  it('is lines of answers; a query may be told in several', () => {
    const answers = readExport(
      file([...whole, '', line('busy', answer([10, '1.5'])), line('busy', answer([25, '2']))]),
    );
    expect(answers.busy.flatMap(({ points }) => points)).toEqual([
      [10_000, 1.5],
      [25_000, 2],
    ]);
    expect(extentOf(answers)).toEqual({ from: 10_000, to: 25_000 });
  });

  it('without a point has no extent', () => {
    expect(extentOf(readExport(file(whole)))).toBeUndefined();
  });

  it.each<[string, string[], RegExp]>([
    [
      'an answer that is missing',
      whole.slice(1),
      /--file .*export\.jsonl: .*it has no answer to fresh; docs\/backtest\.md/,
    ],
    ['nothing', [], /it has no answer to fresh, seen, strays, pods, total/],
    ['another query', [...whole, line('cpu')], /export\.jsonl:12: .*query: "cpu" is none of fresh, /],
    ['a line that is none', ['{"status":"success"}'], /export\.jsonl:1: .*the line begins "\{\\"status\\"/],
    [
      'an answer that is cut',
      ['{"query":"busy","answer":{"status":"succ'],
      /export\.jsonl:1: .*the answer to 'busy': /,
    ],
    ['an error', [line('busy', '{"status":"error","error":"too many"}')], /:1: .*status is not success/],
    [
      'a vector',
      [line('busy', '{"status":"success","data":{"resultType":"vector","result":[]}}')],
      /the result is no matrix/,
    ],
    [
      'a warning that data is missing',
      [line('busy', '{"status":"success","warnings":["partial"],"data":{"resultType":"matrix","result":[]}}')],
      /answered with warnings: partial/,
    ],
  ])('with %s is refused, with its line', (_what, lines, message) => {
    expect(() => readExport(file(lines))).toThrow(message);
  });

  it('that is not there is refused', () => {
    expect(() => readExport('no/such.jsonl')).toThrow(/--file no\/such\.jsonl: .*ENOENT/);
  });
});
