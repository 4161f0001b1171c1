import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { AWS_TIMEOUTS } from '../../adapters/aws';
import { ask, isRetriedBySdk } from './client';
import { serviceError } from './dynamodb-tables';
import type { Invocation } from './invocation';

const MANNERS = { attempts: 2, patienceMs: AWS_TIMEOUTS.requestMs, isRetried: isRetriedBySdk };

/** The SDK's client as `SsmSecrets` uses it. */
export const ssmClient = (parameters: ReadonlyMap<string, string>, caller: () => Invocation): SSMClient => {
  const send = async (command: unknown): Promise<unknown> => {
    if (!(command instanceof GetParameterCommand)) throw new Error('the proof knows GetParameter of SSM and no more');
    const target = command.input.Name ?? '';
    return ask(
      caller,
      { service: 'ssm', operation: 'GetParameter', mutates: false, target },
      {
        perform: () => {
          const Value = parameters.get(target);
          if (Value === undefined) throw serviceError('ParameterNotFound', target);
          return { answer: { Parameter: { Name: target, Value } } };
        },
        refuse: (code) => {
          throw serviceError(code, `${code} (by the proof)`, code === 'InternalServerError' ? 500 : 400);
        },
        garbage: () => ({ Parameter: {} }),
      },
      MANNERS,
    );
  };
  return { send } as unknown as SSMClient;
};
