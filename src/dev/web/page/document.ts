import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, transform } from 'esbuild';
import type { Run } from '../frame';
import { pack } from '../packed';

/** What every document is made of; the same for all runs. */
interface Parts {
  page: string;
  script: string;
  style: string;
}

let parts: Promise<Parts> | undefined;

/**
 * The web view as one HTML document that loads nothing: script, styles and, for a file, the run are inside.
 *
 * @param content a run, or `live`: the script then asks `frames`, listens to `events` and posts to `control`, all
 *   beside the document
 * @param nonce goes onto the script and the style, for the server's Content-Security-Policy. Without it the document
 *   carries a policy of its own, which lets it load and reach nothing.
 */
export async function documentOf(content: { run: Run } | { live: true }, nonce?: string): Promise<string> {
  parts ??= bundled();
  const { page, script, style } = await parts;
  const mark = nonce === undefined ? '' : ` nonce="${nonce}"`;
  const policy = nonce === undefined ? policyOf(script, style, 'live' in content) : '';
  const run =
    'run' in content ? `<script type="application/json" id="run">${inScript(pack(content.run))}</script>\n` : '';
  return page
    .replace('<!--head-->', () => `${policy}<style${mark}>${style}</style>`)
    .replace('<!--body-->', () => `${run}<script${mark}>${script}</script>`);
}

const policyOf = (script: string, style: string, isLive: boolean): string => {
  const rules = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    ...(isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}">\n`;
};

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** JSON in which no name can end the script element, or begin a comment in it. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

async function bundled(): Promise<Parts> {
  const [page, own, chart, bundle] = await Promise.all([
    readFile(path.join(__dirname, 'page.html'), 'utf8'),
    readFile(path.join(__dirname, 'style.css'), 'utf8'),
    readFile(path.join(path.dirname(require.resolve('uplot')), 'uPlot.min.css'), 'utf8'),
    build({
      entryPoints: [path.join(__dirname, 'client/main.ts')],
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      minify: true,
      legalComments: 'none',
      // The document says utf-8; escapes would only make it longer.
      charset: 'utf8',
      write: false,
      logLevel: 'silent',
    }),
  ]);
  const { code } = await transform(`${chart}\n${own}`, { loader: 'css', minify: true, charset: 'utf8' });
  return { page, script: bundle.outputFiles[0]?.text ?? '', style: code };
}
