import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { reloading } from '../../../src/dev/reload/reloader';
import { CONFIG, Project, Told } from './project';

/** When the stack is synthesized, and what is told of it. A small program stands in for `synth`: it ends when it is let. */

const MAIN = 'main.ts';
/** The configuration's own check refuses it, and so does the stand-in, as `synth` does. */
const MISTAKE = 'export default { nope: 1 };\n';

/** Reads the sources, then waits for the end of a connection. */
const synthOf = (port: number): string => `
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
const sources = ['${CONFIG}', '${MAIN}'].map((file) => readFileSync(file, 'utf8')).join();
connect(${port}, '127.0.0.1').resume().on('end', () => {
  if (sources.includes('nope')) {
    console.error('nope');
    process.exit(1);
  }
  const directory = process.argv.at(-1);
  writeFileSync(directory + '/cdk.tf.json', '{}');
  console.log(JSON.stringify({ directory }));
});
`;

let server: Server;
let project: Project;
let told: Told;
let end: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  project = new Project({ [MAIN]: '', 'src/cli/main.ts': synthOf(port) });
  const first = synthesis();
  told = new Told();
  end = new AbortController();
  const wire = { prepare: () => {}, load: async () => {} };
  ended = reloading({ root: project.root, wire, onReload: told.tell, signal: end.signal });
  ended.catch(told.fail);
  expect(await told.next()).toEqual({ kind: 'watching' });
  (await first).letGo();
});
afterEach(async () => {
  end.abort();
  await ended;
  server.close();
  project.dispose();
});

/** The next one, once it has read the sources. */
async function synthesis(): Promise<{ letGo(): void }> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => {});
  return { letGo: () => void socket.end() };
}

it('a mistake in the configuration is told once, and its stack is synthesized when it is mended', async () => {
  // GIVEN every synthesis ends by itself, and none is under way
  server.on('connection', (socket: Socket) => socket.end());
  project.save(MAIN, '// one');
  expect(await told.next()).toMatchObject({ kind: 'infrastructure', files: [MAIN] });
  // WHEN
  project.saveConfig(MISTAKE);
  expect(await told.next()).toMatchObject({ kind: 'broken', of: 'config', files: [CONFIG] });
  project.saveConfig('export default {};\n');
  // THEN
  expect(await told.next()).toMatchObject({ kind: 'config', changes: [] });
  expect(await told.next()).toEqual({ kind: 'infrastructure', files: [CONFIG], changes: [] });
  // AND what is told next is the next save
  project.save(MAIN, '// two');
  expect(await told.next()).toMatchObject({ kind: 'infrastructure', files: [MAIN] });
});

it('what was saved of the infrastructure while the configuration was broken is told once that is mended', async () => {
  server.on('connection', (socket: Socket) => socket.end());
  project.saveConfig(MISTAKE);
  await told.next();
  project.save(MAIN, '// changed');
  project.saveConfig('export default { limits: { maxNodes: 5 } };\n');
  expect(await told.next()).toMatchObject({ kind: 'config' });
  expect(await told.next()).toMatchObject({ kind: 'infrastructure', files: expect.arrayContaining([CONFIG, MAIN]) });
});

it('a synthesis of sources that were saved since is not told: what is told is of the last save', async () => {
  // GIVEN a synthesis under way of a mistake
  const begun = synthesis();
  project.save(MAIN, 'nope');
  const { letGo } = await begun;
  // WHEN it is mended, and the mend was seen, before it ends
  project.save(MAIN, '// mended');
  project.saveConfig('export default { limits: { maxNodes: 5 } };\n');
  const next = synthesis();
  expect(await told.next()).toMatchObject({ kind: 'config' });
  letGo();
  (await next).letGo();
  // THEN
  expect(await told.next()).toMatchObject({
    kind: 'infrastructure',
    files: expect.arrayContaining([CONFIG, MAIN]),
    changes: [],
  });
  expect(told.unread).toEqual([]);
});
