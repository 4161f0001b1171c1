import { Construct } from 'constructs';
import type { S3Bucket } from '#aws/s3-bucket';
import { PLAN_PREFIX } from './backend';
import { PrivateBucket } from './private-bucket';

/** Long enough to find out that a state was overwritten, and to get the one before it back. */
const OLD_VERSIONS_DAYS = 90;
/** A plan that nobody has applied by then is stale: the state has moved on. */
const PLAN_DAYS = 7;

/** The bucket of the states. Losing it is losing the knowledge of what exists, so Terraform refuses to delete it. */
export class StateBucket extends Construct {
  readonly bucket: S3Bucket;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    this.bucket = new PrivateBucket(this, 'bucket', {
      bucket: { bucket: name, lifecycle: { preventDestroy: true } },
      oldVersionsDays: OLD_VERSIONS_DAYS,
      expiring: { prefix: `${PLAN_PREFIX}/`, days: PLAN_DAYS },
    }).bucket;
  }
}
