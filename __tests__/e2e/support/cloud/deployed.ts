import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { currentArtifact } from '../../../../src/infra/artifact';
import type { Moto } from '../../../support/moto';
import { ROOT, Workspace } from '../../../terraform/harness';
import type { FunctionSettings } from '../lambda/sandbox';

/** Where the function finds on this machine what it finds at other addresses in AWS. */
export interface Endpoints {
  aws: string;
  kubernetes: string;
  prometheus: string;
}

interface FunctionConfiguration {
  FunctionName: string;
  FunctionArn: string;
  Runtime: string;
  Handler: string;
  MemorySize: number;
  Timeout: number;
  CodeSha256: string;
  Environment: { Variables: Record<string, string> };
}

/** What the stack has put out. */
export interface Outputs {
  'function-name': string;
  'function-url': string;
  'state-table': string;
  'history-table': string;
  'node-files-bucket': string;
}

const QUIET = ['-input=false', '-no-color'];

/** Our own stack, applied by the real Terraform: what is said of it is read where Terraform has put it. */
export class DeployedStack {
  readonly workspace: Workspace;
  readonly #moto: Moto;

  /**
   * @param aws address that Terraform applies to
   * @param config partial, of the stage
   */
  constructor(moto: Moto, aws: string, config: unknown) {
    this.#moto = moto;
    this.workspace = new Workspace(aws, config);
  }

  /** Milliseconds that `terraform apply` took. */
  async apply(): Promise<number> {
    const zip = await currentArtifact(ROOT);
    // The zip holds one file, and is the same bytes each time it is made of it; `uploaded` compares.
    this.workspace.synth(readFileSync(path.join(path.dirname(zip), 'autoscaler/index.js'), 'utf8'));
    await this.workspace.init();
    const begun = performance.now();
    await this.workspace.terraform('apply', '-auto-approve', '-json', ...QUIET);
    return performance.now() - begun;
  }

  /** What `terraform apply` was told of the resources' ends; milliseconds that it took. */
  async destroy(): Promise<number> {
    const begun = performance.now();
    await this.workspace.terraform('destroy', '-auto-approve', '-json', ...QUIET);
    return performance.now() - begun;
  }

  async outputs(): Promise<Outputs> {
    const said = JSON.parse(await this.workspace.terraform('output', '-json')) as Record<string, { value: string }>;
    return Object.fromEntries(Object.entries(said).map(([name, { value }]) => [name, value])) as unknown as Outputs;
  }

  /** The function as Lambda has it, with its environment as Terraform has set it. */
  async function(name: string): Promise<FunctionConfiguration> {
    const { Configuration } = (await this.#ask('lambda', `/2015-03-31/functions/${name}`)) as {
      Configuration: FunctionConfiguration;
    };
    return Configuration;
  }

  /** The schedule that calls it. */
  async schedule(name: string): Promise<{ expression: string; input: string }> {
    const { ScheduleExpression, Target } = (await this.#ask('scheduler', `/schedules/${name}`)) as {
      ScheduleExpression: string;
      Target: { Input: string };
    };
    return { expression: ScheduleExpression, input: Target.Input };
  }

  /**
   * The function, ready to run: the bytes that Terraform uploaded, unpacked; runtime, handler, memory and timeout as Lambda
   * has them; of the environment only addresses are other.
   *
   * @param folder where it is unpacked
   */
  async settings(name: string, folder: string, endpoints: Endpoints): Promise<FunctionSettings & { runtime: string }> {
    const found = await this.function(name);
    const code = path.join(folder, 'code');
    mkdirSync(code, { recursive: true });
    for (const [file, bytes] of Object.entries(unzipSync(this.uploaded(found)))) {
      writeFileSync(path.join(code, file), bytes);
    }
    return {
      name,
      arn: found.FunctionArn,
      region: 'us-east-1',
      runtime: found.Runtime,
      handler: found.Handler,
      memoryMb: found.MemorySize,
      timeoutMs: found.Timeout * 1000,
      environment: withEndpoints(found.Environment.Variables, endpoints),
      code,
    };
  }

  /** The zip out of Terraform's own request. @throws Error when none that Lambda has the sum of was uploaded */
  uploaded({ FunctionName, CodeSha256 }: FunctionConfiguration): Buffer {
    const zips = this.#moto
      .requests()
      .filter(({ method, url }) => method === 'POST' && /\/2015-03-31\/functions\/?$/.test(new URL(url).pathname))
      .map(({ body }) => JSON.parse(body) as { FunctionName: string; Code: { ZipFile: string } })
      .filter((request) => request.FunctionName === FunctionName)
      .map(({ Code }) => Buffer.from(Code.ZipFile, 'base64'));
    const zip = zips.find((each) => createHash('sha256').update(each).digest('base64') === CodeSha256);
    if (zip === undefined) throw new Error(`no zip with the sum ${CodeSha256} was uploaded for ${FunctionName}`);
    return zip;
  }

  async #ask(service: string, pathname: string): Promise<unknown> {
    const response = await fetch(`${this.#moto.endpoint}${pathname}`, {
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/${service}/aws4_request, Signature=none`,
      },
    });
    if (!response.ok) throw new Error(`${service} ${pathname}: HTTP ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

/**
 * The environment with addresses of this machine: AWS's is added; those of the server's API and of Prometheus, which are
 * the server's address in the VPC, stand in the resources.
 */
export function withEndpoints(
  environment: Record<string, string>,
  { aws, kubernetes, prometheus }: Endpoints,
): Record<string, string> {
  const resources = JSON.parse(environment.AUTOSCALER_RESOURCES ?? '') as Record<string, unknown>;
  return {
    ...environment,
    AUTOSCALER_RESOURCES: JSON.stringify({ ...resources, kubernetesUrl: kubernetes, prometheusUrl: prometheus }),
    AWS_ENDPOINT_URL: aws,
  };
}
