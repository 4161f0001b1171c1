import { Unusable } from './errors';

/** What S3 answers through Terraform about a bucket, said so that one knows what to do. */

/** The error code of S3: Terraform's own sentences around it may change. */
export const isNoSuchBucket = (stderr: string): boolean => stderr.includes('NoSuchBucket');

const OTHER_NAME = 'choose another name: they are taken in all accounts of the world';

export function bucketOutOfReach(bucket: string, stderr: string): Unusable {
  const unusable = (rule: string, fix: string) => new Unusable('S3', 'bucket', { value: bucket, rule, fix });
  // Of S3 alone: where there are no credentials, the machine's metadata service answers 403 too.
  const status = /operation error S3: .*StatusCode: (\d+)/.exec(stderr)?.[1];
  if (status === '403') {
    return unusable(
      'exists, and these credentials may not list it: it belongs to somebody else, or they lack s3:ListBucket',
      `${OTHER_NAME}; or use the credentials of who made it`,
    );
  }
  if (status === '301') {
    return unusable('exists in another region than the configuration names', `${OTHER_NAME}; or set region to its own`);
  }
  return unusable(`could not be asked for. Terraform says:\n${stderr.trim()}`, 'see there');
}

export function bucketNotOurs(bucket: string): Unusable {
  return new Unusable('S3', 'bucket', {
    value: bucket,
    rule: 'exists and can be read, but this command has not made it: no state of it is inside',
    fix: `${OTHER_NAME}; or name a bucket that you have in terraform.stateBucket and skip this command`,
  });
}
