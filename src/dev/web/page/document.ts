import type { Run } from '../frame';
import { pack } from '../packed';

/** The page; `nonce` is for the server's Content-Security-Policy. */
export async function documentOf(content: { run: Run } | { live: true }, nonce?: string): Promise<string> {
  const run = 'run' in content ? JSON.stringify(pack(content.run)).replaceAll('<', '\\u003c') : '';
  const script = run && `<script type="application/json" id="run">${run}</script>`;
  const mark = nonce === undefined ? '' : ` nonce="${nonce}"`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>k3s-autoscaler</title><style${mark}></style>${script}</html>
`;
}
