import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { REFUSED } from '../../world/wire/strangers';
import { isRefusal, obey, readControl, type WebControls } from './control';
import type { Frame, LoopState, RunHead } from './frame';
import { ownPageOnly } from './guard';
import { documentOf } from './page/document';
import { refuse } from './refusal';
import { Telling } from './telling';

export interface WebViewOptions {
  head: RunHead;
  state: LoopState;
  controls: WebControls;
  /** Takes a line for the person at the terminal: what the page asked for, and what failed. */
  log(line: string): void;
}

export interface WebView {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  push(frame: Frame): void;
  /** Another run begins, with frames from 0 again. */
  reset(head: RunHead): void;
  /** The loop is another than it was: paused, faster … */
  tell(state: LoopState): void;
  /** Resolves when nothing listens any more; pages that are open are cut off. */
  close(): Promise<void>;
}

/** A control is a few words. */
const MOST_BYTES = 4096;

/** Serves the web view to this machine only, on a port that the system chooses as it is bound: none can be taken. */
export async function startWebView({ head, state, controls, log }: WebViewOptions): Promise<WebView> {
  const telling = new Telling(head, state);
  const ending = new AbortController();
  const app = appOf(telling, controls, log, ending.signal, () => (server.address() as AddressInfo).port);
  // The rest of the process keeps its own Request and Response.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await listening(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    push: (frame) => telling.push(frame),
    reset: (next) => telling.reset(next),
    tell: (next) => telling.tell(next),
    close: () =>
      new Promise((resolve) => {
        ending.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function appOf(
  telling: Telling,
  controls: WebControls,
  log: (line: string) => void,
  ending: AbortSignal,
  port: () => number,
): Hono<{ Variables: SecureHeadersVariables }> {
  const app = new Hono<{ Variables: SecureHeadersVariables }>();
  app.use(secureHeaders(HEADERS), ownPageOnly(port));
  app.get('/', async (c) => {
    c.header('Cache-Control', 'no-store');
    return c.html(await documentOf({ live: true }, c.get('secureHeadersNonce')));
  });
  // Frames repeat each other: a day of a large cluster is 40 MB, and a twentieth of that with gzip.
  app.get('/frames', compress(), (c) => {
    c.header('Cache-Control', 'no-store');
    return c.body(telling.run(), 200, { 'Content-Type': 'application/json' });
  });
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const signal = AbortSignal.any([gone.signal, ending]);
      for await (const told of telling.follow(c.req.header('last-event-id'), signal)) await stream.writeSSE(told);
    }),
  );
  app.post('/control', limited, async (c) => {
    const type = c.req.header('content-type') ?? '';
    if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
      const rule = 'must be application/json';
      return refuse(c, 415, { what: REFUSED, where: 'Content-Type', value: type, rule, fix: `send it as JSON` });
    }
    const control = readControl(await c.req.text(), telling.state.scenarios);
    if (isRefusal(control)) return refuse(c, 400, control);
    log(`web view: ${JSON.stringify(control)}`);
    const refused = obey(control, controls);
    return refused ? refuse(c, 409, refused) : c.json({}, 202);
  });
  app.notFound((c) => {
    const value = `${c.req.method} ${c.req.path}`;
    const rule = 'must be GET /, /frames or /events, or POST /control';
    return refuse(c, 404, { what: REFUSED, where: 'the address', value, rule, fix: 'open /' });
  });
  app.onError((error, c) => {
    log(`web view: ${c.req.method} ${c.req.path} failed: ${error.message}`);
    const rule = 'must be answered';
    const value = error.message;
    return refuse(c, 500, {
      what: 'The dev loop failed at it.',
      where: c.req.path,
      value,
      rule,
      fix: 'see the terminal',
    });
  });
  return app;
}

/** Nothing comes from elsewhere, nothing is framed by elsewhere, and no script runs but the page's own. */
const HEADERS: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: [NONCE],
    connectSrc: ["'self'"],
    imgSrc: ['data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // 127.0.0.1 has no TLS.
  strictTransportSecurity: false,
};

const limited = bodyLimit({
  maxSize: MOST_BYTES,
  onError: (c) => {
    const value = c.req.header('content-length') ?? 'more';
    const rule = `must have at most ${MOST_BYTES} bytes`;
    return refuse(c, 413, { what: REFUSED, where: 'body', value, rule, fix: 'send one control' });
  },
});

const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
