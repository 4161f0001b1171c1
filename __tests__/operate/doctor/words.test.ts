import { ago } from '../../../src/operate/doctor/times';
import { inWords } from '../../../src/operate/doctor/words';
import { examined } from './healthy';

it('a line has at most 80 columns, unless a word of it is longer', async () => {
  const diagnosis = await examined({
    quota: async () => 1,
    hasRole: async () => false,
    history: async () => undefined,
  });
  for (const line of inWords(diagnosis)) expect(line.length <= 80 || !/\s/.test(line.trim())).toBe(true);
});

it('a command that takes several lines is still one for whoever pastes it', async () => {
  const diagnosis = await examined({ quota: async () => 1 });
  const text = inWords(diagnosis).join('\n');
  const [, pasted = ''] = /run: {3}(aws service-quotas[\s\S]*?[^\\])\n/.exec(text) ?? [];
  const command = diagnosis.findings.find(({ check }) => check === 'vcpu-quota')?.command;
  expect(pasted.split('\n').length).toBeGreaterThan(1);
  expect(pasted.replaceAll(/ \\\n\s+/g, ' ')).toBe(command);
});

it('what is skipped for one reason takes one entry', async () => {
  const none = async () => [];
  const text = inWords(
    await examined({ deployedFunction: async () => undefined, instances: none, launchTemplates: none }),
  ).join('\n');
  expect(text).toMatch(
    /skipped +function, last-tick, server, sources, launches, tokens, alarms: stage\s+dev-ana is not/,
  );
  expect(text).toMatch(/^dev-ana: k3s-dev-ana in us-east-1, account 123456789012, not deployed$/m);
});

it('the last line counts', async () => {
  const lines = inWords(await examined({ quota: async () => 1, zones: async () => [], hasRole: async () => false }));
  expect(lines.at(-1)).toMatch(/^2 problems, 2 warnings, \d+ ok, 1 skipped$/);
});

it.each([
  [59_000, '59 s ago'],
  [119_000, '119 s ago'],
  [120_000, '2 min ago'],
  [13 * 3_600_000, '13 h ago'],
  [49 * 3_600_000, '2 d ago'],
  [-5, '0 s ago'],
])('%d ms are %s', (ms, text) => {
  expect(ago(ms)).toBe(text);
});
