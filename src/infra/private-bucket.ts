import { Construct } from 'constructs';
import { S3Bucket, type S3BucketConfig } from '#aws/s3-bucket';
import { S3BucketLifecycleConfiguration } from '#aws/s3-bucket-lifecycle-configuration';
import { S3BucketOwnershipControls } from '#aws/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '#aws/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '#aws/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '#aws/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '#aws/s3-bucket-versioning';

interface Props {
  bucket: S3BucketConfig;
  /** Days for which an object that was replaced can be had back. */
  oldVersionsDays: number;
  /** What is deleted by itself, its old versions as soon. */
  expiring?: { prefix: string; days: number };
}

/** A bucket for nobody but who has rights in this account, by TLS alone, encrypted, and with versions. */
export class PrivateBucket extends Construct {
  readonly bucket: S3Bucket;
  /** The bucket's name once it keeps versions: what is put in before has none. */
  readonly versioned: string;

  constructor(scope: Construct, id: string, { bucket, oldVersionsDays, expiring }: Props) {
    super(scope, id);
    this.bucket = new S3Bucket(this, 'bucket', bucket);
    this.closed();
    this.versioned = this.versions(oldVersionsDays, expiring).bucket;
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket: this.bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
  }

  private closed(): void {
    const { bucket } = this;
    const block = new S3BucketPublicAccessBlock(this, 'private', {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketOwnershipControls(this, 'owner', {
      bucket: bucket.id,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    new S3BucketPolicy(this, 'tls-only', {
      bucket: bucket.id,
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [bucket.arn, `${bucket.arn}/*`],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      }),
      // S3 refuses two changes of a new bucket's access at once (OperationAborted).
      dependsOn: [block],
    });
  }

  private versions(oldVersionsDays: number, expiring: Props['expiring']): S3BucketVersioningA {
    const { bucket } = this;
    const versions = new S3BucketVersioningA(this, 'versions', {
      bucket: bucket.id,
      versioningConfiguration: { status: 'Enabled' },
    });
    new S3BucketLifecycleConfiguration(this, 'expiry', {
      bucket: bucket.id,
      rule: [
        {
          id: 'old-versions',
          status: 'Enabled',
          filter: [{ prefix: '' }],
          noncurrentVersionExpiration: [{ noncurrentDays: oldVersionsDays }],
          // What is deleted leaves a marker, and nothing else ever deletes it.
          expiration: [{ expiredObjectDeleteMarker: true }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
        ...(expiring === undefined
          ? []
          : [
              {
                id: 'expiring',
                status: 'Enabled',
                filter: [{ prefix: expiring.prefix }],
                expiration: [{ days: expiring.days }],
                noncurrentVersionExpiration: [{ noncurrentDays: 1 }],
              },
            ]),
      ],
      dependsOn: [versions],
    });
    return versions;
  }
}
