import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stageNames } from '../../../src/infra/names';
import { machineOutside } from '../../../src/operate/doctor/outside/machine';

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
