import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What tests with the real Terraform need: the program, and a mirror of its registry so that they need no network. */

const REGISTRY = 'registry.terraform.io';

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** The folder that holds a mirror of Terraform's registry: the environment's, a usual one, or any two below the root. */
export function providerMirror(): string | undefined {
  const named = process.env.K3S_AUTOSCALER_TF_MIRROR;
  const usual = [
    '/usr/share/terraform/providers',
    '/usr/local/share/terraform/plugins',
    '/opt/terraform/providers',
    path.join(homedir(), '.terraform.d/plugins'),
  ];
  const candidates = named === undefined ? [...usual, ...listed('/').flatMap(listed)] : [named];
  return candidates.find((folder) => existsSync(path.join(folder, REGISTRY, 'hashicorp/aws')));
}

/** What a test with the real Terraform lacks on this machine, for `itOrSkip`; undefined when it can run. */
export function missingTerraform(): string | undefined {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1' };
  if (spawnSync('terraform', ['version'], { env }).status !== 0) return 'terraform is not on PATH';
  if (providerMirror() !== undefined) return undefined;
  return 'no Terraform provider mirror; name one by K3S_AUTOSCALER_TF_MIRROR (npm run test:tools makes one)';
}

/**
 * Writes the configuration of the Terraform CLI that takes providers from the mirror alone.
 *
 * @param folder where the file goes
 * @returns its path, for `TF_CLI_CONFIG_FILE`
 */
export function cliConfig(folder: string): string {
  const file = path.join(folder, 'terraform.rc');
  const include = `["${REGISTRY}/*/*"]`;
  writeFileSync(
    file,
    `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(providerMirror())}
    include = ${include}
  }
  direct { exclude = ${include} }
}
disable_checkpoint = true
`,
  );
  return file;
}
