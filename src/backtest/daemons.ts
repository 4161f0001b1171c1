import type { Column, Columns } from './columns';
import type { FindingCode } from './findings';
import type { Shape } from './history';

/**
 * What DaemonSets ask for on a worker, as each step tells it. The query tells zero where there are none, so what is missing
 * is not known; and the most of a range is not known without each of its steps.
 */
export class Daemons {
  private readonly cpu: Column | undefined;
  private readonly memory: Column | undefined;

  constructor(columns: Columns) {
    const told = columns.by('daemons', 'resource');
    this.cpu = told.get('cpu');
    this.memory = told.get('memory');
  }

  /** Why the step cannot be used; undefined: it can. */
  fateAt(index: number): FindingCode | undefined {
    const told = [this.cpu, this.memory]
      .map((column) => column?.[index] ?? Number.NaN)
      .filter((value) => !Number.isNaN(value));
    if (told.some((value) => value < 0 || value === Number.POSITIVE_INFINITY)) return 'daemons-invalid';
    if (told.length === 2) return undefined;
    return told.length === 0 ? 'daemons-absent' : 'daemons-partial';
  }

  /** The most of each resource in the steps that can be used. */
  most(usable: readonly boolean[]): Shape {
    const [cpu, memory] = [highest(this.cpu, usable), highest(this.memory, usable)];
    return { cpuMilli: Math.round(1000 * cpu.value), memoryBytes: Math.ceil(memory.value) };
  }

  /** The steps that told so, the first of each resource; none where nothing was asked for. */
  steps(usable: readonly boolean[]): number[] {
    const found = [highest(this.cpu, usable), highest(this.memory, usable)].filter(({ value }) => value > 0);
    return [...new Set(found.map(({ index }) => index))];
  }
}

function highest(column: Column = new Float64Array(), usable: readonly boolean[]): { value: number; index: number } {
  let [value, index] = [0, -1];
  column.forEach((each, at) => {
    if (usable[at] && each > value) [value, index] = [each, at];
  });
  return { value, index };
}
