import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/** What every document of a kind is made of; the same for all runs. */
export interface Parts {
  page: string;
  script: string;
  style: string;
}

interface Content {
  /** JSON for the script, in the element with the id `run`; undefined: none. */
  data: unknown;
  /** It asks the server that it came from. */
  isLive: boolean;
  /** Of the server's Content-Security-Policy; undefined: the document carries a policy of its own. */
  nonce: string | undefined;
}

/** One HTML document that loads nothing. */
export function assembled({ page, script, style }: Parts, { data, isLive, nonce }: Content): string {
  const mark = nonce === undefined ? '' : ` nonce="${nonce}"`;
  const policy = nonce === undefined ? policyOf(script, style, isLive) : '';
  const run = data === undefined ? '' : `<script type="application/json" id="run">${inScript(data)}</script>\n`;
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

/**
 * Bundles the script and the styles.
 *
 * @param name of the page, @param entry of its script, both beside this file
 */
export async function partsOf(name: string, entry: string): Promise<Parts> {
  const [page, script, style] = await Promise.all([
    readFile(path.join(__dirname, name), 'utf8'),
    bundled(entry, { format: 'iife', platform: 'browser', target: 'es2022' }),
    bundled('style.css', {}),
  ]);
  return { page, script, style };
}

async function bundled(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [path.join(__dirname, entry)],
    bundle: true,
    minify: true,
    legalComments: 'none',
    // The document says utf-8; escapes would only make it longer.
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
