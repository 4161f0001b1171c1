import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPrometheus } from '../../../src/world/prometheus/process';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'prometheus-of-a-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that is ready at once and says where, as that version of Prometheus does. */
function program(line: string): string {
  const file = path.join(folder, 'prometheus');
  const source = `#!${process.execPath}
const server = require('node:http').createServer((_, answer) => answer.end());
server.listen(0, '127.0.0.1', () => console.error(${JSON.stringify(line)}.replace('PORT', server.address().port)));
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
