import { linesOf, pageOf } from './pages';

/** What docs/guide.md has its readers type. */

export const MARK = 'needs an account';

const { blocks, codes } = pageOf('docs/guide.md');
const isMarked = (block: string): boolean => block.startsWith(`# ${MARK}`);

/** `npm run plan -- --stage x` is `npm`, `run`, `plan`, `--stage`, `x`. */
export const wordsOf = (command: string): string[] => command.replace(/ -- /, ' ').split(/\s+/);

/** In the order in which they stand there; those that need an account are left out. */
export const commands = blocks.filter((block) => !isMarked(block)).flatMap(linesOf);

/** With those that need an account. */
export const allCommands = blocks.flatMap(linesOf);

export const inSentences = codes.filter(({ tableHead }) => !tableHead.includes(MARK)).map(({ text }) => text);
