import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Fn, Token } from '#cdk';
import { shellAssignments } from './node-settings';

/** Which settings an instance reads: `settings/<node>.env`. */
export type NodeKind = 'server' | 'base' | `pool-${string}`;

interface Props {
  region: string;
  /** Name of the bucket with the node files: known to Terraform once it has made it. */
  bucket: string;
  node: NodeKind;
  /** `poweroff` ends an instance whose template says so; `stay` leaves it for a look. */
  onFailure: 'poweroff' | 'stay';
}

const base64 = (text: string): string => Fn.base64decode(Buffer.from(text).toString('base64'));

/**
 * The bootstrap with its four settings in front, in base64. It is all that user data holds, so that it hardly ever
 * changes: what a node runs lies in the bucket, and a changed script touches no instance and no template. No secret may
 * be in it: whoever may describe the instance reads its user data.
 *
 * Terraform puts the text together, because the bucket's name is Terraform's; the fixed parts travel in base64, because
 * Terraform would read `${…}` and `\` of a shell script as its own.
 *
 * @param root the checkout
 */
export function userData(root: string, { region, bucket, node, onFailure }: Props): string {
  const [shebang, ...body] = readFileSync(path.join(root, 'userdata/bootstrap.sh'), 'utf8').split('\n');
  const head = `${shebang}\n${shellAssignments({ AWS_REGION: region, NODE: node, ON_FAILURE: onFailure })}BUCKET='`;
  const tail = `'\n${body.join('\n')}`;
  return Fn.base64encode(Token.asString(Fn.join('', [base64(head), bucket, base64(tail)])));
}
