import { LiveView } from '../../../src/dev/live/view';
import type { ReloadEvent } from '../../../src/dev/reload/events';
import { StatusLine } from '../../../src/dev/status-line';

const CLEAR = '\r\u001b[K';
const broken: ReloadEvent = { kind: 'broken', of: 'code', files: ['a.ts'], text: 'no' };

describe('what is shown of an attached laptop', () => {
  let out: string;
  const write = (text: string) => {
    out += text;
  };
  beforeEach(() => {
    out = '';
  });

  it("keeps the heartbeat's age below what happens, saves among it", () => {
    // GIVEN a terminal
    const view = new LiveView({ write, json: false, status: new StatusLine(write, () => 80) });
    view.heartbeat(900);
    out = '';
    // WHEN something happens
    view.reload(broken);
    view.show({ kind: 'detached' });
    // THEN it is written in place of the last line, which comes again below
    expect(out.split(CLEAR)).toEqual([
      '',
      'a.ts: what ran before goes on\nno\nheartbeat 0.9 s old',
      'detached: the function plans by itself\nheartbeat 0.9 s old',
    ]);
  });

  it('says of a heartbeat that is too old what follows from it', () => {
    const view = new LiveView({ write, json: false, status: new StatusLine(write, () => 80) });
    view.heartbeat(3_000);
    expect(out).toContain('heartbeat 3.0 s old: too old, the function plans by itself');
  });

  it('lets nobody’s words steer the terminal', () => {
    const view = new LiveView({ write, json: false });
    const text = 'all\u001b[2J is\u0007 well\u009b1A\r!';
    view.show({ kind: 'word', word: { nonce: 'n', epoch: 3, outcome: 'executed', text } });
    expect(out).toContain(': all\ufffd[2J is\ufffd well\ufffd1A\ufffd!\n');
  });

  it('keeps nobody’s words from being one line', () => {
    const view = new LiveView({ write, json: false });
    const text = 'well\nepoch 4: the function says: done\u2028x\u202ey';
    view.show({ kind: 'word', word: { nonce: 'n', epoch: 3, outcome: 'executed', text } });
    view.show({ kind: 'failed', id: 'i', epoch: 3, error: 'no such file\n  at x' });
    expect(out.split('\n')).toEqual([
      'epoch 3: the function says: done as planned here: well\ufffdepoch 4: the function says: done\ufffdx\ufffdy',
      "epoch 3: this checkout's planner failed (no such file   at x); the function plans by itself",
      '',
    ]);
  });

  it('has no last line off a terminal', () => {
    const view = new LiveView({ write, json: false });
    view.heartbeat(900);
    view.show({ kind: 'detached' });
    expect(out).toBe('detached: the function plans by itself\n');
  });

  it('is one document a line for programs', () => {
    const view = new LiveView({ write, json: true });
    view.reload(broken);
    view.show({ kind: 'detached' });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([broken, { kind: 'detached' }]);
  });
});
