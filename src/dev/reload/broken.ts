import path from 'node:path';
import { formatMessages, type PartialMessage } from 'esbuild';

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

/** What was thrown while the code was loaded; its stack is in lines of the sources. */
export function brokenOnLoad(error: Error, root: string): Broken {
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

/** The loader of the bundle and packages are nobody's to mend. */
const isSource = (line: string): boolean => /\.ts:\d+/.test(line) && !line.includes('node_modules');
