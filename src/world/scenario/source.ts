import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { ScenarioProblem } from './errors';
import { ScenarioError } from './errors';

export type Keys = readonly (string | number)[];

/** A YAML text with the place of each of its fields. */
export class YamlSource {
  private readonly lines = new LineCounter();
  private readonly document: Document;

  /** @throws {ScenarioError} where the text is no YAML, or holds more than one document. */
  constructor(
    text: string,
    private readonly file: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    const [first] = this.document.errors;
    if (!first) return;
    const { line, col } = this.lines.linePos(first.pos[0]);
    const value = text.split('\n')[line - 1]?.trim() ?? '';
    const rule = `must be one YAML document: ${first.message.replace(/\s+/g, ' ')}`;
    throw new ScenarioError(file, [
      { line, column: col, path: '', value, rule, fix: 'put the YAML of this line right' },
    ]);
  }

  /** @throws {ScenarioError} where an alias leads nowhere or too far. */
  value(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      const rule = `must be plain YAML: ${(error as Error).message}`;
      throw new ScenarioError(this.file, [
        { line: 1, column: 1, path: '', value: undefined, rule, fix: 'write the values out instead of aliases' },
      ]);
    }
  }

  /** A problem at a field; where the field is missing, at the nearest thing around it that is there. */
  problem(keys: Keys, rule: string, fix: string): ScenarioProblem {
    const { line, column } = this.position(keys);
    const value = this.valueAt(keys);
    return { line, column, path: spellPath(keys), value, rule, fix };
  }

  private valueAt(keys: Keys): unknown {
    let value = this.value();
    for (const key of keys) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Record<string | number, unknown>)[key];
    }
    return value;
  }

  private position(keys: Keys): { line: number; column: number } {
    for (let depth = keys.length; depth >= 0; depth--) {
      const offset = this.offset(keys.slice(0, depth));
      if (offset === undefined) continue;
      const { line, col } = this.lines.linePos(offset);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  }

  /** Where a field's key begins, or an element of a list; undefined where it is not there. */
  private offset(keys: Keys): number | undefined {
    const last = keys.at(-1);
    if (last === undefined) return rangeStart(this.document.contents);
    const parent = keys.length === 1 ? this.document.contents : this.document.getIn(keys.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === last);
      return pair && rangeStart(pair.key);
    }
    return rangeStart(this.document.getIn(keys, true));
  }
}

const rangeStart = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** `workloads[0].pod.cpu`. */
export function spellPath(keys: Keys): string {
  return keys.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
    '',
  );
}
