import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPrometheus } from '../../../src/world/prometheus/process';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'prometheus-of-a-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that listens where it is told, is ready at once, and says where, as that version of Prometheus does. */
function program(line: string): string {
  const file = path.join(mkdtempSync(path.join(folder, 'program-')), 'prometheus');
  const source = `#!${process.execPath}
const argument = process.argv.find((word) => word.startsWith('--web.listen-address='));
const [host, port] = argument.split('=')[1].split(':');
const server = require('node:http').createServer((_, answer) => answer.end('told ' + port));
server.listen(Number(port), host, () => console.error(${JSON.stringify(line)}.replace('PORT', server.address().port)));
process.on('SIGTERM', () => process.exit(0));
`;
  writeFileSync(file, source, { mode: 0o755 });
  return file;
}

// Recorded from 2.42.0 and 3.5.3.
it.each([
  'ts=2026-01-05T00:00:00.000Z caller=tls_config.go:232 level=info component=web msg="Listening on" address=127.0.0.1:PORT',
  'time=2026-01-05T00:00:00.000Z level=INFO source=tls_config.go:379 msg="Listening on" component=web address=127.0.0.1:PORT',
])('finds the address in: %s', async (line) => {
  const { url, stop } = await startPrometheus(program(line));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await stop();
});

it('lets the system choose the port as it is bound, so that nobody can take it before', async () => {
  // GIVEN more of them in the same moment than would get by with ports that were looked for first
  const started = await Promise.all(
    Array.from({ length: 8 }, () => startPrometheus(program('msg="Listening on" address=127.0.0.1:PORT'))),
  );
  // THEN each has another, and was told none
  const told = await Promise.all(started.map(async ({ url }) => (await fetch(url)).text()));
  expect(new Set(started.map(({ url }) => url)).size).toBe(8);
  expect(new Set(told)).toEqual(new Set(['told 0']));
  await Promise.all(started.map(({ stop }) => stop()));
});
