import type { Run } from '../../../src/dev/web/frame';
import { unpack } from '../../../src/dev/web/packed';
import { documentOf } from '../../../src/dev/web/page/document';
import { hostileRun, madeRun } from './made-run';

const runOf = (html: string): Run => unpack(JSON.parse(/id="run">(.*?)<\/script>/s.exec(html)?.[1] ?? 'null'));

describe('the document of the web view', () => {
  it('carries the run, and no name in it ends the script that it is in', async () => {
    const html = await documentOf({ run: hostileRun() });
    expect(runOf(html)).toEqual(hostileRun());
    // The data and the program: each is closed once, and nothing that was not meant to be one is an element.
    expect(html.match(/<\/script/gi)).toHaveLength(2);
    expect(html).not.toContain('<img');
    expect(html.match(/<!--/g)).toBeNull();
  });

  it('names no address to load anything from', async () => {
    const html = await documentOf({ run: madeRun() });
    expect(html).not.toMatch(/\s(src|href)="(?!data:,")/);
    expect(html).not.toMatch(/@import|url\(/);
  });

  it('as a file forbids itself all but its own script and style', async () => {
    const html = await documentOf({ run: madeRun() });
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'$/,
    );
  });

  it('served, carries the nonce on script and style, and no run', async () => {
    const html = await documentOf({ live: true }, 'abc123');
    expect(html.match(/<(script|style) nonce="abc123">/g)).toHaveLength(2);
    expect(html).not.toContain('id="run"');
    expect(html).not.toContain('Content-Security-Policy');
  });

  it('is small: under 150 KB without its run', async () => {
    expect((await documentOf({ live: true }, 'n')).length).toBeLessThan(150_000);
  });
});
