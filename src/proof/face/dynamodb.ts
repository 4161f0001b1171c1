import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { AWS_TIMEOUTS } from '../../adapters/aws';
import { MAILBOX_DEADLINE_MS } from '../../adapters/dynamodb-mailbox';
import { mailboxKey } from '../../autoscaler/names';
import type { Truth } from './calls';
import { ask, isRetriedBySdk } from './client';
import { type DynamoOperation, type DynamoTables, serviceError } from './dynamodb-tables';
import type { Invocation } from './invocation';

export interface DynamoFace {
  tables: DynamoTables;
  table: string;
  cluster: string;
}

/** What is asked of the mailbox begins with it. */
export const MAILBOX = 'mailbox ';

const MANNERS = { attempts: 3, patienceMs: AWS_TIMEOUTS.deadlineMs, isRetried: isRetriedBySdk };

/** The SDK's client as `DynamoStore` uses it, in front of the tables. */
export const dynamoClient = (face: DynamoFace, caller: () => Invocation): DynamoDBClient => {
  const send = async (command: unknown): Promise<unknown> => {
    const [operation, input] = decode(command);
    const write = operation === 'UpdateItem' ? writeOf(input as UpdateItemCommandInput) : undefined;
    const call = {
      service: 'dynamodb' as const,
      operation,
      mutates: operation !== 'GetItem',
      target:
        mailboxItemOf(face, input) ??
        (isNotice(input) ? 'notice' : (write ?? (operation === 'PutItem' ? 'history' : 'state'))),
    };
    const manners = call.target.startsWith(MAILBOX) ? { ...MANNERS, patienceMs: MAILBOX_DEADLINE_MS } : MANNERS;
    return ask(
      caller,
      call,
      {
        perform: () => {
          const epochBefore = epochOf(face);
          const answer = face.tables.run(operation, input);
          if (write === undefined) return { answer };
          const truth: Truth = { kind: 'state', write, epochBefore, epochAfter: epochOf(face) };
          return { answer, truth };
        },
        garbage: () => {
          throw new SyntaxError('Unexpected token < in JSON at position 0');
        },
        refuse: (code) => {
          throw serviceError(code, `${code} (by the proof)`, code === 'InternalServerError' ? 500 : 400);
        },
      },
      manners,
    );
  };
  return { send } as unknown as DynamoDBClient;
};

function decode(command: unknown): [DynamoOperation, object] {
  if (command instanceof UpdateItemCommand) return ['UpdateItem', command.input];
  if (command instanceof PutItemCommand) return ['PutItem', command.input];
  if (command instanceof GetItemCommand) return ['GetItem', command.input];
  throw new Error(`the proof's DynamoDB has no ${(command as object)?.constructor.name}; teach it in face/dynamodb.ts`);
}

const epochOf = ({ tables, table, cluster }: DynamoFace): number => Number(tables.read(table, cluster)?.epoch?.N ?? 0);

type Key = Record<string, AttributeValue>;

/** Which item of the mailbox it is about, if it is. */
function mailboxItemOf({ cluster }: DynamoFace, input: object): string | undefined {
  const { Key, Item } = input as { Key?: Key; Item?: Key };
  const key = Key ?? Item;
  return key?.cluster_id?.S === mailboxKey(cluster) ? `${MAILBOX}${key.at?.S}` : undefined;
}

/** What an event told, and a mark with it. */
const isNotice = ({ UpdateExpression = '', ExpressionAttributeNames = {} }: Partial<UpdateItemCommandInput>): boolean =>
  /\bADD\b/.test(UpdateExpression) && Object.values(ExpressionAttributeNames).includes('notices');

/** Told by what it writes, not by its condition: a condition may be what is missing. */
function writeOf({ UpdateExpression = '', ExpressionAttributeNames = {} }: UpdateItemCommandInput) {
  const names = new Set(Object.values(ExpressionAttributeNames));
  if (names.has('operations')) return 'save';
  if (/\bADD\b/.test(UpdateExpression) && names.has('epoch')) return 'acquire';
  if (/\bADD\b/.test(UpdateExpression) && names.has('wake')) return 'mark';
  return names.has('lease_until') ? 'release' : 'other';
}
