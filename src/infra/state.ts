import { Construct } from 'constructs';
import { DynamodbTable } from '#aws/dynamodb-table';
import type { StageNames } from './names';

interface Props {
  names: StageNames;
  /** A protected stage: deleting the state table has to be allowed first. */
  isProtected: boolean;
}

/**
 * Scaling state and its history. Nothing of Terraform's own state is in them: that one is locked by a file in its bucket.
 * A few writes a tick cost cents a month on demand, and no capacity has to be guessed.
 */
export class StateTables extends Construct {
  /** One item for the cluster. */
  readonly state: DynamodbTable;
  /** One item a tick, which expires. Apart, so that no condition ever fences a record, and no record slows a lease. */
  readonly history: DynamodbTable;

  constructor(scope: Construct, id: string, { names, isProtected }: Props) {
    super(scope, id);
    this.state = new DynamodbTable(this, 'table', {
      name: names.table,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: 'cluster_id',
      attribute: [{ name: 'cluster_id', type: 'S' }],
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: isProtected,
    });
    this.history = new DynamodbTable(this, 'history', {
      name: names.historyTable,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: 'cluster_id',
      rangeKey: 'at',
      attribute: [
        { name: 'cluster_id', type: 'S' },
        { name: 'at', type: 'S' },
      ],
      ttl: { enabled: true, attributeName: 'expires_at' },
    });
  }
}
