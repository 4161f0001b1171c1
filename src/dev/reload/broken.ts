import path from 'node:path';
import { formatMessages, type PartialMessage } from 'esbuild';
import { LOAD_TIMEOUT } from '../../world/lambda/sandbox';

/** Why there is no new code: a code frame for each mistake, and what to do. For a terminal, without colours. */
export interface Broken {
  kind: 'broken';
  text: string;
}

const FIXES: readonly [RegExp, string][] = [
  [/^Could not resolve/, 'Correct the path, or create the file'],
  [/^No matching export/, 'Export it there, or correct the name'],
];
const FIX = 'Correct it';

/** @param root absolute; files are named relative to it */
export async function brokenBy(messages: readonly PartialMessage[], root: string): Promise<Broken> {
  const frames = await formatMessages(
    messages.map((message) => relativeTo(root, message)),
    { kind: 'error' },
  );
  const first = messages[0]?.text ?? '';
  const fix = FIXES.find(([text]) => text.test(first))?.[1] ?? FIX;
  const text = frames.map((frame) => frame.trimEnd()).join('\n');
  return { kind: 'broken', text: `${text}\n${fix} and save: the last good handler goes on serving.` };
}

const relativeTo = (root: string, message: PartialMessage): PartialMessage =>
  message.location?.file && path.isAbsolute(message.location.file)
    ? { ...message, location: { ...message.location, file: path.relative(root, message.location.file) } }
    : message;

/** What was thrown while the code was loaded, or why that has no end; a stack is in lines of the sources. */
export function brokenOnLoad(error: Error, root: string): Broken {
  if (error.name === LOAD_TIMEOUT) return { kind: 'broken', text: endless(error.message) };
  const lines = (error.stack ?? '').split('\n');
  const ours = lines.filter((line) => /^\s+at /.test(line) && line.includes(`${root}${path.sep}`) && isSource(line));
  const missing = /^Cannot find module '([^']+)'/.exec(error.message)?.[1];
  const said = missing ? `the package ${missing} is not installed` : `${error.name}: ${error.message}`;
  const where = ours.map((line) => `    ${line.trim().replaceAll(`${root}${path.sep}`, '')}`);
  const fix = missing ? 'Install it, or correct the name,' : FIX;
  return {
    kind: 'broken',
    text: [
      `The new code was built, but throws when it is loaded: ${said}`,
      ...where,
      `${fix} and save: the last good handler goes on serving.`,
    ].join('\n'),
  };
}

/** Whoever ends a loop from outside does not learn which line it was at; what was saved is told with it. */
const endless = (message: string): string =>
  `The new code was built, but ${message}: what stands outside of functions there loops or waits.
Let it end, or move it into a function, and save: the last good handler goes on serving.`;

/** The loader of the bundle and packages are nobody's to mend. */
const isSource = (line: string): boolean => /\.ts:\d+/.test(line) && !line.includes('node_modules');
