/**
 * What Lambda's own runtime does: loads the handler, asks for one event after the other, and answers each. Plain Node
 * without a dependency, so that memory and time are the function's.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const http = require('node:http');
const path = require('node:path');
const { readFileSync } = require('node:fs');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, name, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host, port, agent, method, path: `/2018-06-01/runtime/${name}`, headers: { ...headers, ...memory() } },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Peak so far, in KiB. Not of `resourceUsage()`: what that says begins with the peak of the process that started us. */
function memory() {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (peak !== undefined) return { 'emulator-peak-kib': peak };
  } catch {
    // No Linux.
  }
  return { 'emulator-peak-kib': String(Math.ceil(process.memoryUsage.rss() / 1024)) };
}

const described = (error) =>
  JSON.stringify({
    errorType: error?.name ?? 'Error',
    errorMessage: error?.message ?? String(error),
    trace: String(error?.stack ?? '').split('\n'),
  });

async function outcome(run) {
  try {
    return ['response', JSON.stringify((await run()) ?? null)];
  } catch (error) {
    return ['error', described(error)];
  }
}

async function main() {
  let handler;
  try {
    const [file, name] = process.env._HANDLER.split('.');
    handler = require(path.join(process.env.LAMBDA_TASK_ROOT, file))[name];
    if (typeof handler !== 'function') throw new Error(`${process.env._HANDLER} is not a function`);
  } catch (error) {
    await ask('POST', 'init/error', described(error), {
      'lambda-runtime-function-error-type': 'Runtime.ImportModuleError',
    });
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await ask('GET', 'invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    const context = {
      awsRequestId: id,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    const [end, said] = await outcome(() => handler(JSON.parse(body), context));
    // Before the answer, so that whoever has the answer has all lines before this one.
    process.stdout.write(`END RequestId: ${id}\n`);
    const answer = await ask('POST', `invocation/${id}/${end}`, said, { 'content-type': 'application/json' });
    if (answer.status !== 202) process.stderr.write(`runtime: the answer was refused: ${answer.body}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
