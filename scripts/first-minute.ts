/**
 * Writes what the first commands of README.md print into it, between its two markers.
 *
 *   npm run first-minute
 *
 * What is another on each machine or with each version is written as `…`: the ports of 127.0.0.1, the hash and the size
 * of the artifact, the version of Prometheus. Everything else is the world's own, which its seed decides.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = path.resolve(__dirname, '..');
export const README = path.join(ROOT, 'README.md');
const MARKED = /(<!-- first-minute: written by `npm run first-minute` -->\n)[\s\S]*?(<!-- first-minute ends -->)/;

/** The minute is asked for as the terminal shows it. */
const EXPLAIN = ['--tick', '2026-01-05T00:04:00Z'];
/** Of explain: more would be a line for each pod. */
const LINES = 15;
/** The tick after the launch: its nodes are there. */
const LAST = /^00:06:00 schedule: /;
/** Not to wait six minutes; it changes nothing of what is printed. */
const SPEED = '240';

/** README's text with what the commands print now. */
export async function written(readme: string): Promise<string> {
  if (!MARKED.test(readme)) throw new Error('README.md has lost its markers of first-minute');
  const said = await firstMinute();
  return readme.replace(MARKED, (_, begin: string, end: string) => `${begin}\`\`\`\n${said}\n\`\`\`\n${end}`);
}

async function firstMinute(): Promise<string> {
  const dev = spawn(process.execPath, ['scripts/launch.mjs', 'dev', '--speed', SPEED], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const seen = await linesUntilLast(dev);
    const world = /^DynamoDB\s+(\S+)/m.exec(seen.join('\n'))?.[1] ?? '';
    const explained = spawnSync(process.execPath, ['scripts/launch.mjs', 'explain', '--world', world, ...EXPLAIN], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (explained.status !== 0) throw new Error(`explain ended with ${explained.status}: ${explained.stderr}`);
    return alike([
      '$ npm run dev',
      ...seen,
      '',
      `$ npm run -s explain -- --world ${world} ${EXPLAIN.join(' ')} | head -n ${LINES}`,
      ...explained.stdout.split('\n').slice(0, LINES),
    ]).join('\n');
  } finally {
    dev.kill('SIGINT');
    if (dev.exitCode === null) await once(dev, 'exit');
  }
}

/** With what belongs to the last tick. */
async function linesUntilLast({ stdout }: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  if (stdout === null) return lines;
  for await (const line of createInterface({ input: stdout })) {
    const isOver = lines.some((each) => LAST.test(each));
    if (isOver && !line.startsWith(' ')) return lines;
    lines.push(line);
  }
  throw new Error(`dev ended early:\n${lines.join('\n')}`);
}

const alike = (lines: string[]): string[] =>
  lines.map((line) =>
    line
      .replace(/127\.0\.0\.1:\d+/, '127.0.0.1:…')
      .replace(/^(artifact +)\S+, \d+ kB/, '$1…, … kB')
      .replace(/^(Prometheus +)\S+/, '$1…'),
  );

if (require.main === module) {
  const readme = readFileSync(README, 'utf8');
  written(readme).then(
    (now) => {
      if (now !== readme) writeFileSync(README, now);
      process.stdout.write(`README.md ${now === readme ? 'is current' : 'is written'}\n`);
    },
    (error: Error) => {
      process.stderr.write(`first-minute: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
