import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { USERDATA } from './node';

const has = (program: string, argument: string): boolean => spawnSync(program, [argument]).status === 0;
const noShellcheck = has('shellcheck', '--version') ? undefined : 'shellcheck is not on PATH';

const scripts = readdirSync(USERDATA).filter((file) => file.endsWith('.sh'));
const stubs = readdirSync(path.join(__dirname, 'stubs')).map((file) => path.join(__dirname, 'stubs', file));

describe('the scripts of userdata/', () => {
  itOrSkip(noShellcheck, 'pass shellcheck', () => {
    const argv = ['--external-sources', '--source-path', path.dirname(USERDATA), ...scripts];
    const { stdout } = spawnSync('shellcheck', argv, { cwd: USERDATA, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  itOrSkip(noShellcheck, 'are tested against stubs that pass it too', () => {
    const { stdout } = spawnSync('shellcheck', ['--exclude', 'SC1091', ...stubs], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it.each(scripts)('%s never prints its own commands, which would show secrets', (script) => {
    const text = readFileSync(path.join(USERDATA, script), 'utf8');
    expect(text).not.toMatch(/set -[a-z]*x|xtrace|bash -x/);
  });

  it.each(scripts.filter((script) => !['lib.sh', 'volume.sh'].includes(script)))(
    '%s stops at the first error',
    (script) => {
      const text = readFileSync(path.join(USERDATA, script), 'utf8');
      expect(text).toMatch(/^#!\/bin\/bash\n(#.*\n)+set -euo pipefail\n/);
    },
  );
});
