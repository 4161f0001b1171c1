'use strict';

/**
 * The inside of a sandbox: an execution environment of Lambda as the artifact sees it. Runs in a worker thread, loads
 * the bundle once, then handles one invocation after another. Plain CommonJS, because it runs without a loader.
 * A standby loads a bundle that nobody will ask, and the one that is like it when it is told.
 *
 * Time: `Date` shows the invocation's clock out of shared memory; timers stay real, for sockets need them, but patience
 * ends only where an answer never comes.
 * Randomness: what JavaScript can call is seeded per invocation; OpenSSL's own, which TLS uses, stays real.
 */

const crypto = require('node:crypto');
const Module = require('node:module');
const { promisify } = require('node:util');
const { parentPort, workerData } = require('node:worker_threads');
const FakeTimers = require('@sinonjs/fake-timers');

/** @type {{ bundle: { path: string, code: string } | { like: string }, seed: string, clock: SharedArrayBuffer, functionName: string, memoryMb: number, region: string }} */
const { bundle, seed, clock, functionName, memoryMb, region } = workerData;
/** Of a standby alone. */
const { like } = bundle;
/**
 * [now, deadline], milliseconds since 1970; [withheld so far, withheld since (else 0)], nanoseconds by the real clock; [the
 * time limit that ran out last], milliseconds.
 */
const times = new BigInt64Array(clock);
const now = () => Number(Atomics.load(times, 0));

const installDate = () => {
  const fake = FakeTimers.install({ now: now(), toFake: ['Date'] });
  Object.defineProperty(fake, 'now', { get: now, set: () => {} });
};

/** Of every time limit of the artifact's and its libraries'. What waits for less waits between two attempts. */
const PATIENCE_MS = 1_000;
/** Of its patience an answer must have been withheld for so much: the rest goes by on the way, and between two attempts. */
const WITHHELD = 0.8;

/** How long requests have waited so far for answers that never come, real milliseconds. */
const withheldMs = () => {
  const [before, since] = [Number(Atomics.load(times, 2)), Number(Atomics.load(times, 3))];
  return (before + (since > 0 ? Number(process.hrtime.bigint()) - since : 0)) / 1e6;
};

/**
 * How long an answer takes, the world decides by the virtual clock. So a time limit by the real one holds for what will
 * never be answered: a machine that is slow, or twenty invocations that wait for their turn, must not change a run.
 */
const installPatience = () => {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const again = Symbol('again');
  const patient = (callback, ms, ...args) => {
    if (!(ms >= PATIENCE_MS)) return set(callback, ms, ...args);
    const began = withheldMs();
    const fire = () => {
      const missing = ms * WITHHELD - (withheldMs() - began);
      if (missing <= 0) {
        Atomics.store(times, 4, BigInt(Math.round(ms)));
        return callback(...args);
      }
      timer[again] = set(fire, missing);
      if (!timer.hasRef()) timer[again].unref();
    };
    const timer = set(fire, ms);
    return timer;
  };
  globalThis.setTimeout = Object.assign(patient, { [promisify.custom]: set[promisify.custom] });
  globalThis.clearTimeout = (timer) => {
    clear(timer);
    clear(timer?.[again]);
  };
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    patient(() => controller.abort(late), ms).unref();
    return controller.signal;
  };
};

/** A stream of bytes that follows from its seed alone: SHA-256 in counter mode. */
const byteStream = (from) => {
  let block = Buffer.alloc(0);
  let count = 0;
  return (size) => {
    const parts = [];
    for (let missing = size; missing > 0; ) {
      if (block.length === 0) block = crypto.createHash('sha256').update(`${from}/${count++}`).digest();
      const part = block.subarray(0, missing);
      block = block.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  };
};

let bytes = byteStream(seed);

const uuid = () => {
  const raw = bytes(16);
  raw[6] = (raw[6] & 0x0f) | 0x40;
  raw[8] = (raw[8] & 0x3f) | 0x80;
  return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const randomValues = (array) => {
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes(array.byteLength));
  return array;
};

const installRandomness = () => {
  const real = { randomBytes: crypto.randomBytes };
  crypto.randomUUID = uuid;
  // With a callback it may be a library's own asynchronous use, whose order is not ours to fix.
  crypto.randomBytes = (size, callback) => (callback ? real.randomBytes(size, callback) : bytes(size));
  Object.defineProperty(globalThis.crypto, 'randomUUID', { value: uuid });
  // `crypto.getRandomValues` of node:crypto asks this one.
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: randomValues });
  Math.random = () => bytes(6).readUIntBE(0, 6) / 2 ** 48;
  Module.syncBuiltinESMExports();
};

/** Node's warnings tell of the machine's Node, not of Lambda's, and carry a process id that differs in each run. */
const silenceWarnings = () => process.removeAllListeners('warning');

/** Lambda takes each write to stdout and stderr into the log; so nothing of it reaches the terminal. */
const installLog = () => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk, encoding, callback) => {
      parentPort.postMessage({ type: 'log', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
  }
};

const contextOf = (id) => ({
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${functionName}`,
  memoryLimitInMB: String(memoryMb),
  awsRequestId: id,
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => Math.max(0, Number(Atomics.load(times, 1)) - now()),
});

/** Errors of another realm or none at all become what Lambda's runtime reports. */
const describe = (error) => ({
  name: String(error?.name ?? 'Error'),
  message: String(error?.message ?? error),
});

/** As `require` would, but of the bytes that were read when the world began. */
const compiled = ({ path, code }) => {
  const module = new Module(path);
  module.filename = path;
  module._compile(code, path);
  return module.exports;
};

const load = (file, { handler, replan }) => {
  if (typeof handler !== 'function') {
    const error = new Error(`${file} exports no function "handler": is it the build of handlers/autoscaler.ts?`);
    error.name = 'Runtime.HandlerNotFound';
    throw error;
  }
  return { handler, replan };
};

/** Loading is Lambda's init phase; what it throws is the answer to each invocation. */
const init = () => {
  try {
    return load(bundle.path, compiled(bundle));
  } catch (error) {
    return { error };
  }
};

/** What goes wrong here goes wrong again where it is told. The bundle to come has modules of its own, so nothing stays. */
const rehearse = (file) => {
  try {
    require(file);
  } catch {}
};

/** As Lambda's runtime does. The artifact has no source map, and its log is compared from run to run. */
const logStack = (error) => {
  if (!like || !error?.stack) return;
  const { name, message } = describe(error);
  const stack = String(error.stack).split('\n');
  process.stderr.write(`${JSON.stringify({ level: 'error', errorType: name, errorMessage: message, stack })}\n`);
};

const invoke = async ({ handler, error }, { id, event, seed: own }) => {
  bytes = byteStream(own);
  try {
    if (error) throw error;
    const value = await handler(event, contextOf(id));
    // The result travels as JSON, as Lambda's does.
    parentPort.postMessage({ type: 'done', value: value === undefined ? undefined : JSON.stringify(value) });
  } catch (thrown) {
    logStack(thrown);
    parentPort.postMessage({ type: 'failed', error: describe(thrown) });
  }
};

/** Gives the question's number back, for an invocation may run meanwhile. */
const answer = (question, of) => {
  try {
    parentPort.postMessage({ type: 'answer', question, value: of() });
  } catch (error) {
    parentPort.postMessage({ type: 'answer', question, error: { ...describe(error), stack: error?.stack } });
  }
};

let loaded;

/** Seeded anew, so that the bundle sees the randomness of a cold start, whatever was loaded before it. */
const loadNow = (file) => {
  bytes = byteStream(seed);
  loaded = load(file, require(file));
};

const receive = (message) => {
  if (message.type === 'load') answer(message.question, () => loadNow(message.bundle));
  else if (message.type === 'replan') answer(message.question, () => loaded.replan(message.recording));
  else void invoke(loaded, message);
};

installDate();
installPatience();
installRandomness();
installLog();
silenceWarnings();
if (like) rehearse(like);
else loaded = init();
parentPort.on('message', receive);
parentPort.postMessage({ type: 'ready' });
