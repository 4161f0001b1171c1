import { parseMatrix } from '../adapters/prometheus-response';
import { textOf } from '../config/given-file';
import { type Answers, noAnswers } from './answers';
import { BadInput } from './errors';
import { QUERY_NAMES, type QueryName } from './queries';

/** The beginning of a line; what follows up to the last brace is the answer, as it came. */
const HEAD = /^\{\s*"query"\s*:\s*"([^"]*)"\s*,\s*"answer"\s*:\s*/;

/**
 * Reads an export: each line is `{"query":NAME,"answer":ANSWER}` with the whole answer of `/api/v1/query_range` to the
 * query of that name, or to a part of its range.
 *
 * @throws {BadInput} names file, line, rule and fix
 */
export function readExport(file: string): Answers {
  const answers = noAnswers();
  const answered = new Set<QueryName>();
  textOf(file, (why) => refused(file, why))
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() === '') return;
      const { query, body } = entryOf(line.trim(), `${file}:${index + 1}`);
      answered.add(query);
      try {
        for (const series of parseMatrix({ status: 200, headers: {}, body })) answers[query].push(series);
      } catch (error) {
        throw refused(`${file}:${index + 1}`, `the answer to '${query}': ${(error as Error).message}`);
      }
    });
  const missing = QUERY_NAMES.filter((name) => !answered.has(name));
  if (missing.length > 0) throw refused(file, `it has no answer to ${missing.join(', ')}`);
  return answers;
}

function entryOf(line: string, where: string): { query: QueryName; body: string } {
  const head = HEAD.exec(line);
  if (!head) throw refused(where, `the line begins ${JSON.stringify(line.slice(0, 40))}`);
  const query = QUERY_NAMES.find((name) => name === head[1]);
  if (!query) throw refused(where, `query: ${JSON.stringify(head[1])} is none of ${QUERY_NAMES.join(', ')}`);
  return { query, body: line.slice(head[0].length, line.lastIndexOf('}')) };
}

const refused = (where: string, why: string): BadInput =>
  new BadInput(
    `--file ${where}: must be lines of {"query":NAME,"answer":ANSWER} with answers of query_range: ${why}; ` +
      'docs/backtest.md has the script that writes one',
  );
