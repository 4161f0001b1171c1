import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Unusable } from '../../../src/deploy/errors';
import { stageNames } from '../../../src/infra/names';
import { machineOutside } from '../../../src/operate/doctor/outside/machine';
import { kubectlSays, kubectlVersion, saying } from './programs';

const stage = { ...stageNames('dev-ana', 'prod'), region: 'us-east-1', isProtected: false };

/** A name server that answers so. */
const asks = (resolve6: () => Promise<string[]>, region = 'us-east-1') =>
  machineOutside({ stage: { ...stage, region }, signal: new AbortController().signal }, {}, {
    resolve4: async () => ['198.51.100.7'],
    resolve6,
    cancel: () => {},
  } as never);

const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};

it('the names are those that the SDK makes of the region', async () => {
  const { endpoints } = asks(async () => []);
  expect(await endpoints({ dualStack: true })).toEqual(['ec2.us-east-1.api.aws', 'ssm.us-east-1.api.aws']);
  expect(await endpoints({ dualStack: false })).toEqual(['ec2.us-east-1.amazonaws.com', 'ssm.us-east-1.amazonaws.com']);
  expect(await asks(async () => [], 'cn-north-1').endpoints({ dualStack: true })).toEqual([
    'ec2.cn-north-1.api.amazonwebservices.com.cn',
    'ssm.cn-north-1.api.amazonwebservices.com.cn',
  ]);
});

it.each(['ENOTFOUND', 'ENODATA'])('%s of a name server means that there is no address', async (code) => {
  expect(await asks(failing(code)).addresses('ec2.us-east-1.api.aws', 6)).toEqual([]);
});

it.each(['ETIMEOUT', 'ESERVFAIL', 'ECONNREFUSED'])('%s of a name server says nothing of the name', async (code) => {
  await expect(asks(failing(code)).addresses('ec2.us-east-1.api.aws', 6)).rejects.toThrow(code);
});

it('a program that never answers ends with the command', async () => {
  const over = new AbortController();
  // GIVEN a Terraform that waits for ever
  const folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
  const program = path.join(folder, 'terraform');
  writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const env = { PATH: process.env.PATH, TERRAFORM_BINARY_NAME: program };
  const machine = machineOutside({ stage, signal: over.signal }, env);
  const asked = machine.terraform();
  // WHEN
  over.abort();
  // THEN
  await expect(asked).rejects.toThrow(/abort/i);
  machine.destroy();
  rmSync(folder, { recursive: true });
});

it.each([-1, 0, 1])('a kubectl %d minor versions from the cluster does', async (away) => {
  const version = kubectlVersion(away);
  expect(await saying('kubectl', kubectlSays(version)).kubectl()).toBe(version);
});

it('so does a kubectl that a distribution has named, and an AWS CLI 2', async () => {
  const version = kubectlVersion(0).replace(/\d+$/, '4-dispatcher');
  expect(await saying('kubectl', kubectlSays(version)).kubectl()).toBe(version);
  expect(await saying('awsCli', 'aws-cli/2.17.20 Python/3.11.9 Linux/6.1 exe/x86_64').awsCli()).toBe('2.17.20');
});

it('a state that cannot be read says nothing of the account', () => {
  // GIVEN a directory where the file would be
  const folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
  mkdirSync(path.join(folder, 'terraform.dev-ana.tfstate'));
  const env = { CDKTF_OUTDIR: path.join(folder, 'cdktf.out') };
  const machine = machineOutside({ stage, signal: new AbortController().signal }, env);
  // THEN
  expect(machine.localState).toThrow(Unusable);
  expect(machine.localState).toThrow(/must be a file that can be read: it is a directory/);
  machine.destroy();
  rmSync(folder, { recursive: true });
});
