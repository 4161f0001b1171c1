import { AwsError, type WorldModel } from '../contract';
import { awsErrorOf } from './ec2-xml';
import { type Answer, type HttpRequest, json } from './http';
import type { Protocol } from './protocol';

type Input = Record<string, unknown>;
type Stored = { type: 'String' | 'SecureString'; value: string };

/** SSM Parameter Store: JSON 1.1. */
export const ssmProtocol = (model: WorldModel): Protocol => ({
  service: 'ssm',
  decode(request: HttpRequest) {
    const operation = (request.headers['x-amz-target'] ?? '').replace(/^AmazonSSM\./, '') || 'Unknown';
    return {
      call: { service: 'ssm', operation, mutates: operation === 'PutParameter', attributes: nameOf(request) },
      perform: () => {
        try {
          const run = OPERATIONS[operation];
          if (!run) throw new AwsError('UnknownOperationException', `Unknown operation ${operation}`);
          return answer(200, run(model, parse(request)));
        } catch (error) {
          if (error instanceof AwsError) return failure(error);
          throw error;
        }
      },
      refuse: (code) => failure(awsErrorOf(code)),
      empty: () => answer(200, {}),
    };
  },
});

const OPERATIONS: Record<string, (model: WorldModel, input: Input) => unknown> = {
  GetParameter: (model, input) => ({ Parameter: read(model, input, String(input.Name)) }),
  GetParameters: (model, input) => {
    const names = (input.Names as string[] | undefined) ?? [];
    return {
      Parameters: names.filter((name) => model.parameters.has(name)).map((name) => read(model, input, name)),
      InvalidParameters: names.filter((name) => !model.parameters.has(name)),
    };
  },
  PutParameter: (model, input) => {
    const name = String(input.Name);
    if (model.parameters.has(name) && input.Overwrite !== true) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    const type = input.Type === 'SecureString' ? 'SecureString' : 'String';
    model.parameters.set(name, { type, value: String(input.Value) });
    return { Version: 1, Tier: 'Standard' };
  },
};

const read = (model: WorldModel, input: Input, name: string) => {
  const stored = model.parameters.get(name);
  if (!stored) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
  return {
    Name: name,
    Type: stored.type,
    Value: shown(stored, input.WithDecryption === true),
    Version: 1,
    DataType: 'text',
  };
};

/** Without decryption a SecureString is a ciphertext that is of no use. */
const shown = ({ type, value }: Stored, decrypt: boolean): string =>
  type === 'String' || decrypt ? value : Buffer.from(`AQICAH${value}`).toString('base64');

const parse = (request: HttpRequest): Input => {
  try {
    return JSON.parse(request.body.toString() || '{}') as Input;
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
};

const nameOf = (request: HttpRequest): Record<string, string> => {
  try {
    const { Name } = parse(request);
    return typeof Name === 'string' ? { name: Name } : {};
  } catch {
    return {};
  }
};

const answer = (status: number, value: unknown): Answer => json(status, value, 'application/x-amz-json-1.1');

const failure = ({ code, message, status }: AwsError): Answer => answer(status, { __type: code, message });
