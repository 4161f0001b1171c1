import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What the scripts ask of Amazon Linux 2023, beside what the stubs stand for: nothing else is in their PATH. */
const PROGRAMS =
  'awk bash cat chmod cp cut dirname find flock grep head install ln mkdir mktemp mv readlink rm sed sha256sum sort ' +
  'touch xargs';
/** What the stubs and `runInRoot` need. */
const OWN_PROGRAMS = 'basename env';

const STUBS = path.resolve(__dirname, 'stubs');
const LIBRARIES = ['lib', 'lib32', 'lib64', 'libx32'];
const ENVIRONMENT = ['PATH=/stubs:/usr/local/bin:/usr/bin', 'HOME=/root', 'LC_ALL=C'];

/** Mounts what the root borrows, read by the shell inside the new namespaces, and changes into it. */
const ENTER = `set -e
root=$1; shift
mount --rbind /usr "$root/host/usr"
mount --rbind /proc "$root/proc"
mount --bind /dev/null "$root/dev/null"
for folder in ${LIBRARIES.join(' ')}; do
  if [ -d "/$folder" ] && [ ! -L "/$folder" ]; then mount --rbind "/$folder" "$root/$folder"; fi
done
exec chroot "$root" "$@"`;

export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * A throw-away root in which boot scripts run as they are: with their own absolute paths, as root, and with nothing of
 * this machine in reach. It is a folder with `chroot`, in namespaces of its own for users, mounts and network, so it
 * needs neither root nor a container. Where the system has no such thing (macOS, or a Linux that forbids it), `missing`
 * says so and the tests are skipped aloud. A start takes 18 ms.
 */
export function makeRoot(): string {
  const root = mkdtempSync(path.join(tmpdir(), 'boot-root-'));
  const folders = ['host/usr', 'proc', 'dev', 'tmp', 'run', 'root', 'world', 'usr/bin', 'usr/local/bin'];
  for (const folder of [...folders, 'etc/systemd/system', 'var/lib/cloud', 'opt']) {
    mkdirSync(path.join(root, folder), { recursive: true });
  }
  writeFileSync(path.join(root, 'dev/null'), '');
  writeFileSync(path.join(root, 'etc/fstab'), 'UUID=root / xfs defaults 0 1\n');
  cpSync(STUBS, path.join(root, 'stubs'), { recursive: true });
  symlinkSync('usr/bin', path.join(root, 'bin'));
  for (const name of LIBRARIES) {
    if (existsSync(`/usr/${name}`)) symlinkSync(`/host/usr/${name}`, path.join(root, 'usr', name));
    if (!existsSync(`/${name}`)) continue;
    if (lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), path.join(root, name));
    else mkdirSync(path.join(root, name));
  }
  for (const program of `${PROGRAMS} ${OWN_PROGRAMS}`.split(' ')) {
    const found = ['/usr/bin', '/bin'].map((folder) => path.join(folder, program)).find((file) => existsSync(file));
    // Through the link itself to its end: `awk` points into /etc/alternatives, which the root does not have.
    if (found)
      symlinkSync(path.join('/host/usr/bin', path.basename(realpathSync(found))), path.join(root, 'usr/bin', program));
  }
  return root;
}

export function runInRoot(root: string, argv: readonly string[]): Run {
  const namespaces = ['--user', '--map-root-user', '--mount', '--net'];
  const command = [...namespaces, 'bash', '-c', ENTER, 'enter', root, '/usr/bin/env', '-i', ...ENVIRONMENT, ...argv];
  const { status, stdout, stderr, error } = spawnSync('unshare', command, { encoding: 'utf8' });
  if (error) return { status: null, stdout: '', stderr: error.message };
  return { status, stdout, stderr };
}

/** Why boot scripts cannot be run here, for `itOrSkip`; `undefined` when they can. */
export const missing: string | undefined = (() => {
  if (process.platform !== 'linux') return 'boot scripts run in namespaces of Linux';
  const root = makeRoot();
  const { status, stderr } = runInRoot(root, ['bash', '-c', 'exit 42']);
  rmSync(root, { recursive: true, force: true });
  return status === 42 ? undefined : `no throw-away root in user and mount namespaces: ${stderr.trim()}`;
})();
