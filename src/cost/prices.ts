/**
 * All prices of the project but those of instances, which are many (`compute-prices.ts`). US dollars at list price, before
 * what an account has free each month.
 */

/** What the prices hold for. Others differ by up to a half, and are not shipped. */
export const PRICED_REGION = 'us-east-1';

export interface Price {
  usd: number;
  /** What one of it is. */
  per: string;
  /** When the source said so. */
  asOf: string;
  source: string;
}

const MILLION = 1_000_000;

const VPC = { asOf: '2026-01', source: 'https://aws.amazon.com/vpc/pricing/' };
const LAMBDA = { asOf: '2026-01', source: 'https://aws.amazon.com/lambda/pricing/' };
const DYNAMODB = { asOf: '2026-08-01', source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/' };
const CLOUDWATCH = { asOf: '2026-08-01', source: 'https://aws.amazon.com/cloudwatch/pricing/' };

export const PRICES = {
  /** Beyond 3000 IOPS and 125 MB/s, which the stack does not ask for, gp3 costs more. */
  gp3GbMonth: { usd: 0.08, per: 'GB and month', asOf: '2026-01', source: 'https://aws.amazon.com/ebs/pricing/' },
  /** Each public IPv4 address, since 2024-02-01. */
  addressHour: { usd: 0.005, per: 'hour', ...VPC },
  interfaceEndpointHour: {
    usd: 0.01,
    per: 'hour and zone',
    asOf: '2026-01',
    source: 'https://aws.amazon.com/privatelink/pricing/',
  },
  lambdaRequest: { usd: 0.2 / MILLION, per: 'request', ...LAMBDA },
  lambdaGbSecondArm: { usd: 0.0000133334, per: 'GB-second on arm64', ...LAMBDA },
  lambdaGbSecondX86: { usd: 0.0000166667, per: 'GB-second on x86_64', ...LAMBDA },
  schedulerInvocation: {
    usd: 1 / MILLION,
    per: 'invocation',
    asOf: '2026-01',
    source: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  dynamodbWriteUnit: { usd: 0.625 / MILLION, per: 'write unit, 1 KB', ...DYNAMODB },
  dynamodbReadUnit: { usd: 0.125 / MILLION, per: 'read unit, 4 KB', ...DYNAMODB },
  dynamodbGbMonth: { usd: 0.25, per: 'GB and month', ...DYNAMODB },
  dynamodbBackupGbMonth: { usd: 0.2, per: 'GB and month of point-in-time recovery', ...DYNAMODB },
  logsGb: { usd: 0.5, per: 'GB taken in', ...CLOUDWATCH },
  logsGbMonth: { usd: 0.03, per: 'GB and month', ...CLOUDWATCH },
  alarmMonth: { usd: 0.1, per: 'alarm and month', ...CLOUDWATCH },
  metricMonth: { usd: 0.3, per: 'metric and month', ...CLOUDWATCH },
  s3GbMonth: { usd: 0.023, per: 'GB and month', asOf: '2026-01', source: 'https://aws.amazon.com/s3/pricing/' },
  s3Get: { usd: 0.0004 / 1000, per: 'GET', asOf: '2026-01', source: 'https://aws.amazon.com/s3/pricing/' },
  kmsRequest: { usd: 0.03 / 10_000, per: 'request', asOf: '2026-01', source: 'https://aws.amazon.com/kms/pricing/' },
} satisfies Record<string, Price>;
