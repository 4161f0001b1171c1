import { KarpenterMissing, karpenterBinary } from '../../bench/karpenter/binary';

it('a machine without Go is told so, and nothing is built', async () => {
  const said: string[] = [];
  const binary = karpenterBinary((line) => said.push(line), undefined, { ...process.env, PATH: '/nowhere' });
  await expect(binary).rejects.toThrow(KarpenterMissing);
  await expect(binary).rejects.toThrow(/`go version` does not run/);
  expect(said).toEqual([]);
});
