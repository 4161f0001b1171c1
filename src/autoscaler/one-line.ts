/** What begins another line, is not seen, or turns the direction of what follows: controls, format characters, separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const RUNS = new RegExp(`${UNPRINTABLE.source}+`, 'gu');

export const isOneLine = (text: string): boolean => !UNPRINTABLE.test(text);

/** Somebody else's words as a part of a line of ours, which they must not end. @param by in the place of each run of them */
export const oneLine = (text: string, by = ' '): string => text.replaceAll(RUNS, by);
