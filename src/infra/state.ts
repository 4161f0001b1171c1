import { Construct } from 'constructs';
import { DynamodbTable } from '#aws/dynamodb-table';

/** Scaling state: one item for the cluster, and history that expires. Nothing of Terraform's own state is in it. */
export class StateTable extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: { name: string }) {
    super(scope, id);
    this.table = new DynamodbTable(this, 'table', {
      name: props.name,
      // A few writes a tick cost cents a month on demand, and no capacity has to be guessed.
      billingMode: 'PAY_PER_REQUEST',
      hashKey: 'cluster_id',
      attribute: [{ name: 'cluster_id', type: 'S' }],
      ttl: { enabled: true, attributeName: 'expires_at' },
      pointInTimeRecovery: { enabled: true },
    });
  }
}
