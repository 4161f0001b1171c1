import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Construct } from 'constructs';
import type { S3Bucket } from '#aws/s3-bucket';
import { S3Object, type S3ObjectConfig } from '#aws/s3-object';
import { AssetType, dependable, Fn, Lazy, TerraformAsset, Token } from '#cdk';
import { PrivateBucket } from './private-bucket';
import type { NodeKind } from './user-data';

/** Folders of the checkout whose files nodes read. */
const FOLDERS = ['userdata', 'k8s'];
/** Travels as user data: it is what fetches the rest. */
const BOOTSTRAP = 'userdata/bootstrap.sh';
const OLD_VERSIONS_DAYS = 30;

interface Listed {
  key: string;
  /** SHA-256 of the content, hexadecimal, or Terraform's expression for it. */
  sum: string;
}

/** Relative to `root`, sorted, so that every machine writes the same stack. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Terraform's addresses know neither slashes nor dots. */
const idOf = (key: string): string => key.replaceAll(/[^A-Za-z0-9]/g, '-');

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/**
 * The bucket from which nodes boot: scripts, manifests and settings, each a versioned object, and `SHA256SUMS` over all
 * of them. A change of one is a change of that object alone; instances and templates stay as they are. Nodes reach it by
 * the gateway endpoint, and its list of sums tells them when they meet a half-written change.
 */
export class NodeFiles extends Construct {
  readonly bucket: S3Bucket;
  /** The list of all sums, written last: whoever reads a new list finds the new files. Nodes boot after it. */
  readonly sums: S3Object;
  private readonly listed: Listed[] = [];
  private readonly versioned: string;

  constructor(scope: Construct, id: string, { cluster, root }: { cluster: string; root: string }) {
    super(scope, id);
    const { bucket, versioned } = new PrivateBucket(this, 'bucket', {
      bucket: {
        // Names of buckets are taken in all accounts of the world, so AWS adds what makes this one free.
        bucketPrefix: `${cluster}-nodes-`,
        // Everything in it is made by Terraform and lies in the repository.
        forceDestroy: true,
      },
      oldVersionsDays: OLD_VERSIONS_DAYS,
    });
    this.bucket = bucket;
    this.versioned = versioned;
    this.sums = new S3Object(this, 'sums', {
      bucket: this.versioned,
      key: 'SHA256SUMS',
      content: Lazy.stringValue({ produce: () => this.sumLines() }),
      dependsOn: [],
    });
    for (const key of FOLDERS.flatMap((folder) => filesBelow(root, folder))) {
      if (key !== BOOTSTRAP) this.addFile(key, path.join(root, key));
    }
  }

  /**
   * Settings of one kind of node.
   *
   * @param content may hold values that Terraform learns later
   */
  addSettings(node: NodeKind, content: string): void {
    const key = `settings/${node}.env`;
    const known = !Token.isUnresolved(content);
    this.list(key, known ? sha256(content) : Fn.sha256(content), { content });
  }

  private addFile(key: string, file: string): void {
    const sum = sha256(readFileSync(file));
    const asset = new TerraformAsset(this, `asset-${idOf(key)}`, { path: file, type: AssetType.FILE });
    // By path, not as text: Terraform would read the `${…}` of a shell script as its own.
    this.list(key, sum, { source: asset.path, sourceHash: sum });
  }

  private list(key: string, sum: string, config: Partial<S3ObjectConfig>): void {
    const object = new S3Object(this, idOf(key), { bucket: this.versioned, key, ...config });
    this.sums.dependsOn = [...(this.sums.dependsOn ?? []), dependable(object)];
    this.listed.push({ key, sum });
  }

  private sumLines(): string {
    const sorted = [...this.listed].sort((a, b) => (a.key < b.key ? -1 : 1));
    return sorted.map(({ key, sum }) => `${sum}  ${key}\n`).join('');
  }
}
