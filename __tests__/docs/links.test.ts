import { existsSync } from 'node:fs';
import path from 'node:path';
import { PAGES, pageOf, ROOT } from './pages';

describe.each(PAGES)('%s', (file) => {
  const { links, anchors } = pageOf(file);

  it('links to files that there are and to headings that they have; addresses elsewhere are read, and not asked', () => {
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return !URL.canParse(link);
      const [target = '', anchor] = link.split('#');
      const at = path.join(path.dirname(file), target);
      if (target !== '' && !existsSync(path.join(ROOT, at))) return true;
      if (anchor === undefined) return false;
      return !(target === '' ? anchors : pageOf(at).anchors).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

it('every page can be found from the README', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || !PAGES.includes(file)) return;
    seen.add(file);
    for (const link of pageOf(file).links) visit(path.join(path.dirname(file), link.split('#')[0] ?? ''));
  };
  visit('README.md');
  expect(PAGES.filter((page) => !seen.has(page))).toEqual([]);
});
