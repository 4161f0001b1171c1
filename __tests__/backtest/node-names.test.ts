import { SERVER_NODE, workerNodeName } from '../../src/autoscaler/names';
import { noAnswers } from '../../src/backtest/answers';
import { faultOf, namesIn, OWN_NAMES, refuseStrays } from '../../src/backtest/node-names';

describe('a pattern for names of Nodes', () => {
  it.each(['worker-.*', 'ip-10-0-1-\\d+\\.ec2\\.internal', '(?:a|b)-[a-f0-9]{8}', 'gke-pool-1-.+'])(
    'may be %s',
    (text) => {
      expect(faultOf(text)).toBeUndefined();
    },
  );

  it.each<[string, RegExp]>([
    ['ip-(', /Unterminated group/],
    ['*', /Nothing to repeat/],
    ['', /no name at all/],
    ['(server-.*)?', /no name at all, as that of a pod that waits/],
    ['(?P<a>b)', /asks for "<"/],
    ['(?i)(?:a).*', /only \(\?: is taken/],
    ['(?i)ip-.*', /only \(\?: is taken/],
    ['[[:alpha:]]+', /no class by its name/],
    ['(a)\\1', /after a backslash/],
    ['\\pN+', /after a backslash/],
    ['ip-.*\\', /after a backslash/],
    ['ip-.*$', /asks for "\$", and it is anchored/],
    ['ip-`', /asks for "`"/],
    ['a b', /asks for " "/],
  ])('cannot be %j', (text, fault) => {
    expect(faultOf(text)).toMatch(fault);
  });

  it('is by default what names the nodes of this project', () => {
    expect(workerNodeName('i-1')).toMatch(new RegExp(`^(?:${OWN_NAMES.workers})$`));
    expect(SERVER_NODE).toMatch(new RegExp(`^(?:${OWN_NAMES.servers})$`));
  });
});

describe('nodes that no one pattern names', () => {
  const answersWith = (...nodes: string[]) => {
    const answers = noAnswers();
    for (const node of nodes) answers.strays.push({ metric: { node, matches: 'neither' }, points: [[1000, 1]] });
    return answers;
  };

  it('are named, of many the first', () => {
    expect(() => refuseStrays(answersWith('d', 'c', 'b', 'a'), { from: 0, to: 2000, stepMs: 500 })).toThrow(
      /; a \(neither\), b \(neither\), c \(neither\) and 1 more does not/,
    );
  });

  it('are nobody’s concern outside of the range', () => {
    expect(() => refuseStrays(answersWith('a'), { from: 2000, to: 3000, stepMs: 500 })).not.toThrow();
  });
});

it('the patterns of answers are each told once', () => {
  const answers = noAnswers();
  expect(namesIn(answers)).toEqual([]);
  for (const workers of ['a', 'a', 'b']) answers.workers.push({ metric: { workers, servers: 's' }, points: [] });
  expect(namesIn(answers)).toEqual([
    { workers: 'a', servers: 's' },
    { workers: 'b', servers: 's' },
  ]);
});
