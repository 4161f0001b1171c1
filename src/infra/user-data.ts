import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../userdata');
/** EC2 refuses more, before base64. */
const MAX_BYTES = 16_384;

const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/**
 * A boot script of `userdata/` with its settings in front, in base64. No secret may be among them: whoever may describe
 * the instance reads its user data.
 *
 * @throws RangeError above EC2's 16 KB
 */
export function userData(script: string, settings: Record<string, string>): string {
  const [shebang, ...body] = readFileSync(path.join(FOLDER, script), 'utf8').split('\n');
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  const text = [shebang, ...assignments, ...body].join('\n');
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new RangeError(`userdata/${script} with its settings is larger than the ${MAX_BYTES} bytes that EC2 takes`);
  }
  return Buffer.from(text).toString('base64');
}
