import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AttachVolumeCommand,
  CreateLaunchTemplateCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createDynamoClient, DynamoStore } from '../../src/adapters/dynamodb';
import { K3S } from '../../src/infra/k3s';
import { stageNames } from '../../src/infra/names';
import { loopback, type Received, type Reply } from '../adapters/loopback';
import { later, scene, T0 } from '../autoscaler/builders';
import { run as tick } from '../autoscaler/ports';
import { type Moto, startMoto } from '../support/moto';
import { createHistoryTable, createStateTable } from '../support/tables';

/**
 * What `doctor` meets: AWS as moto plays it, behind a door at which single operations can be refused, or answered in the
 * place of what moto does not play; and programs that tell their versions.
 */

const ROOT = path.resolve(__dirname, '../..');
const REGION = 'us-east-1';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
const CREDENTIALS = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** What moto has no notion of. */
const NOT_PLAYED: Record<string, object> = {
  GetServiceQuota: { Quota: { Value: 640 } },
  GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } },
};

/** As it names itself in each of AWS' protocols. */
function operationOf({ method, url, headers, body }: Received): string {
  const target = headers['x-amz-target'];
  if (target !== undefined) return String(target).split('.').at(-1) ?? '';
  if (body.startsWith('Action=')) return /^Action=(\w+)/.exec(body)?.[1] ?? '';
  if (url.pathname.endsWith('/account-settings')) return 'GetAccountSettings';
  const ofFunction = /\/functions\/[^/]+\/(configuration|concurrency)$/.exec(url.pathname)?.[1];
  if (ofFunction === undefined) return `${method} ${url.pathname}`;
  return ofFunction === 'concurrency' ? 'GetFunctionConcurrency' : 'GetFunctionConfiguration';
}

function refusal(request: Received, code: string): Reply {
  if (!request.body.startsWith('Action=')) {
    return { status: 403, headers: { 'x-amzn-errortype': code }, body: { __type: code, message: 'no' } };
  }
  const isEc2 = request.body.includes('Version=2016-11-15');
  const error = `<Error><Code>${code}</Code><Message>no</Message></Error>`;
  return {
    status: 403,
    headers: { 'content-type': 'text/xml' },
    body: isEc2
      ? `<Response><Errors>${error}</Errors><RequestID>r</RequestID></Response>`
      : `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>`,
  };
}

/** How one run of the command differs from a healthy one. */
export interface Run {
  args?: string[];
  env?: NodeJS.ProcessEnv;
  answers?: Record<string, object>;
  /** By operation; `*`: all others but GetCallerIdentity. */
  refusals?: Record<string, string>;
}

export class DoctorStand {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-doctor-test-'));
  readonly #children: ChildProcess[] = [];
  #moto: Moto | undefined;

  async open(): Promise<void> {
    const bin = path.join(this.folder, 'bin');
    mkdirSync(bin);
    const program = (name: string, says: string) => {
      writeFileSync(path.join(bin, name), `#!/bin/sh\necho '${says}'\n`);
      chmodSync(path.join(bin, name), 0o755);
    };
    program('terraform', '{"terraform_version":"1.11.4"}');
    program('session-manager-plugin', '1.2.650.0');
    program('kubectl', JSON.stringify({ clientVersion: { gitVersion: K3S.version } }));
    program('aws', 'aws-cli/2.17.20 Python/3.11.9 Linux/6.1 exe/x86_64');
    this.#moto = await startMoto();
    await this.#deploy(this.#moto.endpoint);
  }

  file(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** A volume at the server, beside what boots it; its id. */
  async attach(Device: string, Key: string, Value: string): Promise<string> {
    const ec2 = new EC2Client({ region: REGION, endpoint: this.#moto?.endpoint ?? '', credentials: CREDENTIALS });
    try {
      const Filters = [{ Name: 'tag:k3s-autoscaler:role', Values: ['server'] }];
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
      const server = Reservations[0]?.Instances?.[0];
      const AvailabilityZone = server?.Placement?.AvailabilityZone;
      const TagSpecifications = [{ ResourceType: 'volume' as const, Tags: [{ Key, Value }] }];
      const { VolumeId = '' } = await ec2.send(
        new CreateVolumeCommand({ AvailabilityZone, Size: 20, TagSpecifications }),
      );
      await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: server?.InstanceId, Device }));
      return VolumeId;
    } finally {
      ec2.destroy();
    }
  }

  /** The command, with everything that it asked of AWS, in order. */
  async run({ args = [], env = {}, answers = {}, refusals = {} }: Run = {}): Promise<Ended & { asked: string[] }> {
    const asked: string[] = [];
    const door = await loopback(async (request) => {
      const operation = operationOf(request);
      asked.push(operation);
      const refused = refusals[operation] ?? (operation === 'GetCallerIdentity' ? undefined : refusals['*']);
      if (refused !== undefined) return refusal(request, refused);
      const answer = answers[operation] ?? NOT_PLAYED[operation];
      return answer === undefined ? this.#played(request) : { body: answer };
    });
    try {
      return { ...(await this.#start(args, { AWS_ENDPOINT_URL: door.url, ...env })), asked };
    } finally {
      await door.close();
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#moto?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #played({ method, url, headers, body }: Received): Promise<Reply> {
    const { host: _host, connection: _connection, 'content-length': _length, expect: _expect, ...rest } = headers;
    const response = await fetch(new URL(url.pathname + url.search, this.#moto?.endpoint), {
      method,
      headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
      ...(body !== '' && { body }),
    });
    const type = response.headers.get('content-type') ?? 'application/json';
    return { status: response.status, headers: { 'content-type': type }, body: await response.text() };
  }

  #start(args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
    const words = ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), 'doctor', ...args];
    const child = spawn(process.execPath, words, {
      cwd: ROOT,
      env: {
        PATH: `${path.join(this.folder, 'bin')}${path.delimiter}${process.env.PATH}`,
        HOME: this.folder,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_MAX_ATTEMPTS: '1',
        CDKTF_OUTDIR: path.join(this.folder, 'cdktf.out'),
        ...KEYS,
        ...env,
      },
    });
    this.#children.push(child);
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      ended.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      ended.err += chunk.toString();
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code })));
  }

  /** As much of the stage as `doctor` looks at, by the names that the stack gives; it has just been deployed. */
  async #deploy(endpoint: string): Promise<void> {
    const names = stageNames('dev-ana', 'prod');
    const options = { region: REGION, endpoint, credentials: CREDENTIALS };
    const [ec2, iam, lambda, ssm] = [
      new EC2Client(options),
      new IAMClient(options),
      new LambdaClient(options),
      new SSMClient(options),
    ];
    const role = async (RoleName: string) =>
      (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{"Version":"2012-10-17"}' }))).Role;
    // moto calls the role of spot by another name when it makes it itself.
    await role('AWSServiceRoleForEC2Spot');
    const Role = await role(names.function);
    const tagged = (role: string) => ({
      Tags: [
        { Key: 'k3s-autoscaler:cluster', Value: names.cluster },
        { Key: 'k3s-autoscaler:role', Value: role },
      ],
    });
    const templates: string[] = [];
    for (const name of ['server', 'base', 'burst']) {
      const { LaunchTemplate } = await ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: `${names.cluster}.${name}`,
          LaunchTemplateData: {},
          TagSpecifications: [{ ResourceType: 'launch-template', ...tagged('worker') }],
        }),
      );
      templates.push(LaunchTemplate?.LaunchTemplateId ?? '');
    }
    for (const role of ['server', 'base']) {
      const input: RunInstancesCommandInput = {
        ImageId: 'ami-0123456789abcdef0',
        InstanceType: 't3.medium',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', ...tagged(role) }],
      };
      await ec2.send(new RunInstancesCommand(input));
    }
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: names.function,
        Role: Role?.Arn,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Code: { ZipFile: Buffer.from('zip') },
        Environment: {
          Variables: { AUTOSCALER_RESOURCES: JSON.stringify({ launchTemplates: { burst: { id: templates[2] } } }) },
        },
      }),
    );
    for (const Name of Object.values(names.parameters)) {
      for (const Value of ['pending', 'a-secret-token']) {
        await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
      }
    }
    await this.#tick(endpoint, names);
    for (const client of [ec2, iam, lambda, ssm]) client.destroy();
  }

  async #tick(endpoint: string, { table, historyTable, cluster }: ReturnType<typeof stageNames>): Promise<void> {
    // A client looks for its endpoint and credentials when it is asked first.
    Object.assign(process.env, { ...KEYS, AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    const client = createDynamoClient(REGION, { connectionMs: 5_000, requestMs: 10_000, deadlineMs: 20_000 });
    try {
      await createStateTable(client, table);
      await createHistoryTable(client, historyTable);
      const log = () => {};
      const store = new DynamoStore({ client, table, historyTable, cluster, log, deadlineMs: 20_000 });
      const { history } = await tick(later(scene(), Date.now() - T0));
      for (const entry of history) await store.record({ ...entry, epoch: 1 });
    } finally {
      for (const name of [...Object.keys(KEYS), 'AWS_ENDPOINT_URL_DYNAMODB']) delete process.env[name];
      client.destroy();
    }
  }
}
