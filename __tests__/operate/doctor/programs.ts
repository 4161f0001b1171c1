import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { K3S } from '../../../src/infra/k3s';
import { machineOutside } from '../../../src/operate/doctor/outside/machine';
import type { Outside } from '../../../src/operate/doctor/outside/outside';
import { names } from './healthy';

/** Programs that say one thing, and are really started. */

const PROGRAMS = {
  terraform: 'terraform',
  plugin: 'session-manager-plugin',
  kubectl: 'kubectl',
  awsCli: 'aws',
} as const;

type Which = keyof typeof PROGRAMS;

/** This machine with that program alone on `PATH`; without words there is none. */
export function saying<Name extends Which>(which: Name, words?: string): Pick<Outside, Name> {
  const look = async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
    const file = path.join(folder, PROGRAMS[which]);
    if (words !== undefined) writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' '${words}'\n`, { mode: 0o755 });
    const stage = { ...names, region: 'us-east-1', isProtected: false };
    const machine = machineOutside({ stage, signal: new AbortController().signal }, { PATH: folder });
    try {
      return await machine[which]();
    } finally {
      machine.destroy();
      rmSync(folder, { recursive: true });
    }
  };
  return { [which]: look } as Pick<Outside, Name>;
}

/** So many minor versions from the cluster's. */
export function kubectlVersion(away: number): string {
  const [, minor] = /^v1\.(\d+)\./.exec(K3S.version) ?? [];
  return `v1.${Number(minor) + away}.2`;
}

/** What kubectl says of itself, as far as it matters. */
export const kubectlSays = (gitVersion: string): string => JSON.stringify({ clientVersion: { gitVersion } });
