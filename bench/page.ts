const BEGIN = '<!-- What follows is written by `npm run bench -- --write`. -->';
const END = '<!-- End of what `npm run bench -- --write` writes. -->';

/** The page with these tables in their place. @throws where the page has no place for them */
export function withTables(page: string, tables: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) {
    throw new Error(
      `docs/benchmarks.md has no lines "${BEGIN}" and "${END}" between which the tables go; put them back`,
    );
  }
  return `${page.slice(0, from + BEGIN.length)}\n\n${tables}\n\n${page.slice(to)}`;
}
