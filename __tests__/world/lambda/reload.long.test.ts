import inspector from 'node:inspector';
import { Builder } from '../../../src/dev/reload/builder';
import type { InvocationResult, Wire } from '../../../src/world/contract';
import { startWire } from '../../../src/world/wire';
import { Project, saying, WORD } from '../../dev/reload/project';
import { HandModel, prometheusPath } from '../wire/hand-model';
import { WorkerDebugger } from './worker-debugger';

/** What `Wire.load` does to invocations: those that run, those that come, and those after a bundle that cannot be loaded. */

let project: Project;
let builder: Builder;
let wire: Wire;

beforeEach(async () => {
  project = new Project();
  builder = await Builder.start(project.root);
  const options = { prometheus: await prometheusPath(), scrapeMs: 15_000, seed: 7 };
  wire = await startWire(new HandModel(), { ...options, bundle: bundleOf(await builder.first()) });
});
afterEach(async () => {
  await wire.stop();
  await builder.stop();
  project.dispose();
});

const bundleOf = (build: Awaited<ReturnType<Builder['build']>>): string => {
  if (build.kind !== 'built') throw new Error(`it is ${JSON.stringify(build)}`);
  return build.bundle;
};
const built = async (file: string, text: string): Promise<string> => {
  project.save(file, text);
  return bundleOf(await builder.build([file]));
};
const invoke = async (event = {}): Promise<InvocationResult> =>
  (await wire.invoke([{ id: 'r', event }]))[0] as InvocationResult;
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('nothing was thrown'),
    (error) => error,
  );

it('lets the next invocation run the new code, cold or warm', async () => {
  expect((await invoke()).value).toBe('one');
  for (const word of ['two', 'three', 'four']) {
    await wire.load(await built(WORD, saying(word)));
    expect((await invoke()).value).toBe(word);
    expect((await invoke()).value).toBe(word);
  }
});

it('gives it to all that come at once', async () => {
  await wire.load(await built(WORD, saying('two')));
  const results = await wire.invoke(['a', 'b', 'c'].map((id) => ({ id, event: {} })));
  expect(results.map(({ value }) => value)).toEqual(['two', 'two', 'two']);
});

it('lets what runs come to its end with the code that it began with', async () => {
  // GIVEN an invocation that waits two seconds for an answer
  wire.addFaults([{ kind: 'service', atMs: 0, service: 'prometheus', fault: 'hang' }]);
  let hasEnded = false;
  const running = invoke({ wait: true }).finally(() => {
    hasEnded = true;
  });
  // WHEN new code is loaded meanwhile
  await wire.load(await built(WORD, saying('two')));
  expect(await wire.replan('it')).toBe('two of it');
  expect(hasEnded).toBe(false);
  // THEN it ends as it would have, and the next one is new
  expect(await running).toMatchObject({ outcome: 'done', value: 'one' });
  expect((await invoke()).value).toBe('two');
});

describe('a bundle that throws as it is loaded', () => {
  const BROKEN = `const table = undefined as unknown as Map<string, string>;

export const word = (): string => 'never';
table.clear();
`;

  it('is refused with the line of the source, and the last handler goes on', async () => {
    await wire.load(await built(WORD, saying('two')));
    // WHEN
    const error = await failure(wire.load(await built(WORD, BROKEN)));
    // THEN
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining("reading 'clear'") });
    expect(error.stack).toContain(`${project.path(WORD)}:4:7`);
    expect((await invoke()).value).toBe('two');
    expect(await wire.replan('it')).toBe('two of it');
    // WHEN it is mended
    await wire.load(await built(WORD, saying('three')));
    expect((await invoke()).value).toBe('three');
  });

  it('leaves the artifact in its place where nothing was loaded before', async () => {
    await failure(wire.load(await built(WORD, BROKEN)));
    expect((await invoke()).value).toBe('one');
  });

  it('may end the process instead of throwing', async () => {
    const error = await failure(wire.load(await built(WORD, 'process.exit(3);\nexport const word = () => 1;\n')));
    expect(error).toMatchObject({ name: 'Runtime.ExitError' });
    expect((await invoke()).value).toBe('one');
  });
});

it('plans with new code alone', async () => {
  expect(await failure(wire.replan('it'))).toMatchObject({ message: expect.stringContaining('Nothing was loaded') });
  await wire.load(await built(WORD, saying('two')));
  expect(await wire.replan('it')).toBe('two of it');
});

it('names the TypeScript file and line in the log of an invocation that fails', async () => {
  const source = `type Never = string;

export const word = (): Never => {
  throw new RangeError('too far');
};
`;
  await wire.load(await built(WORD, source));
  const { error, logs } = await invoke();
  expect(error).toEqual({ name: 'RangeError', message: 'too far' });
  expect(logs).toHaveLength(1);
  const { stack } = logs[0] as { stack: string[] };
  expect(stack[0]).toBe('RangeError: too far');
  expect(stack[1]).toContain(`${project.path(WORD)}:4:9`);
  expect(stack[2]).toContain(`${project.path('handlers/autoscaler.ts')}:5:10`);
});

it('is the same world for the same seed, whichever environment was prepared meanwhile', async () => {
  const RANDOM = "export const word = (): string => Math.random() + ' at ' + new Date().toISOString();\n";
  const bundle = await built(WORD, RANDOM);
  await wire.load(bundle);
  const first = await invoke();
  // WHEN another world loads it twice before it is asked
  const options = { prometheus: await prometheusPath(), scrapeMs: 15_000, seed: 7 };
  const other = await startWire(new HandModel(), { ...options, bundle });
  await other.load(bundle);
  await other.load(bundle);
  const [second] = await other.invoke([{ id: 'r', event: {} }]);
  await other.stop();
  // THEN
  expect(second?.value).toBe(first.value);
});

describe('with a debugger', () => {
  it('stops at a breakpoint in the TypeScript file', async () => {
    // GIVEN a debugger that looks into workers, as VS Code does
    const session = new inspector.Session();
    session.connect();
    const debugging = new WorkerDebugger(session);
    await debugging.start();
    try {
      const source = `export const word = (): string => {
  const said = 'two';
  return said;
};
`;
      const bundle = await built(WORD, source);
      await wire.load(bundle);
      // WHEN a breakpoint is set at line 3, where the source map says that it is
      await debugging.breakAt(project.path(WORD), 3, 'two');
      const result = invoke();
      // THEN the handler stops there, with its variables, and goes on when it is let
      expect(await debugging.paused()).toEqual({ line: 3, said: 'two' });
      await debugging.resume();
      expect((await result).value).toBe('two');
    } finally {
      session.disconnect();
    }
  });
});
