import { monthlyUsd } from '../../../src/cost/plan-costs';
import { MOST_BYTES, reviewOf } from '../../../src/deploy/review/markdown';
import { planOf, recorded } from './plans';

const review = (name: string) => reviewOf(recorded(name), monthlyUsd);

describe('the review of a recorded plan', () => {
  it.each([
    'nothing',
    'manifest-changed',
    'handler-changed',
    'pool-added',
    'workers-and-volume',
    'server-replaced',
    'tables-replaced',
    'moved',
    'forgotten-and-moved',
    'destroyed',
  ])('is, for %s, the one that was read and found good', (name) => {
    expect(review(name)).toMatchSnapshot();
  });

  it('says what is lost before it counts, and counts before the cost and the folded plan', () => {
    const text = review('server-replaced');
    const order = ['The server will be REPLACED', 'to add', '### Monthly cost', '<details>'].map((each) =>
      text.indexOf(each),
    );
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('is the same whatever the order in which Terraform lists the resources', () => {
    const plan = recorded('pool-added');
    const turned = { ...plan, resource_changes: [...(plan.resource_changes ?? [])].reverse() };
    expect(reviewOf(turned, monthlyUsd)).toBe(review('pool-added'));
  });

  it('never says that there is nothing to change where an address moves or something is forgotten', () => {
    for (const name of ['moved', 'forgotten-and-moved']) {
      expect(review(name)).not.toContain('Nothing to change');
      expect(review(name)).toContain('# aws_instance.server  # moved from aws_instance.control-plane');
      expect(review(name)).toContain('changes=yes');
    }
    expect(review('forgotten-and-moved')).toMatch(/\*\*Forgotten\*\*: they stay in AWS .*:\n- `aws_instance\.old`\n/);
  });

  it('cries over nothing where nothing is lost', () => {
    for (const name of [
      'nothing',
      'manifest-changed',
      'handler-changed',
      'pool-added',
      'workers-and-volume',
      'moved',
    ]) {
      expect(review(name)).not.toContain('CAUTION');
    }
  });
});

describe('the review', () => {
  const comment = (text: string) => text.match(/^(`{3,})diff\n[\s\S]*?\n\1$/m)?.[0] ?? '';

  it('fits into a comment, however large the plan is, and says what was left out', () => {
    // GIVEN a plan with thousands of changes of everything, with wide characters in it
    const kinds = ['aws_instance.base-', 'aws_dynamodb_table.t', 'aws_iam_role.r', 'aws_sns_topic.t'];
    const changes = kinds.flatMap((kind, index) =>
      Array.from({ length: 2000 }, (_, number) => {
        const actions = [['delete', 'create'], ['delete'], ['delete'], ['update']][index] ?? [];
        return [`${kind}${number}`, { actions, before: { name: '界'.repeat(300) }, after: { name: 'b' } }] as const;
      }),
    );
    // WHEN
    const text = reviewOf(planOf(Object.fromEntries(changes)), (resources) => ({
      usd: resources.length,
      lines: changes.map(([address]) => ({ address, what: 'it', usd: 1 })),
      unpriced: changes.map(([address]) => `${address}: it`),
    }));
    // THEN
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
    expect(Buffer.byteLength(text)).toBeGreaterThan(MOST_BYTES * 0.9);
    expect(text).toMatch(/… and \d+ lines more/);
    expect(text).toContain('A base worker will be REPLACED');
    expect(text.endsWith('</details>\n')).toBe(true);
  });

  it('keeps in its fence whatever a value or a name tries', () => {
    // GIVEN
    const evil = 'x\n```\n</details>\n# Approved by @boss\n`````` <img src=x onerror=alert(1)>';
    const text = reviewOf(
      planOf({
        [`aws_s3_bucket.b["${evil}"]`]: { actions: ['delete'] },
        'aws_sns_topic.t': { actions: ['create'], after: { [evil]: evil, plain: evil } },
      }),
    );
    // THEN outside of code there is nothing of it
    const outside = text.replace(comment(text), '').replaceAll(/(`+) ?.*? ?\1(?!`)/g, '');
    expect(comment(text)).toContain('Approved');
    expect(outside).not.toMatch(/Approved|onerror|boss/);
    // AND it makes no line of its own
    expect(text.split('\n').filter((line) => /^(#+ Approved|`{3,}$|<\/details>)/.test(line))).toEqual([
      comment(text).split('\n').at(-1),
      '</details>',
    ]);
  });

  it('shows no character that a reader would not see', () => {
    const text = reviewOf(
      planOf({ 'aws_sns_topic.t': { actions: ['create'], after: { name: 'a\u202eb\u200bc\u0007' } } }),
    );
    expect(text).toContain(String.raw`a\u202eb\u200bc`);
    for (const unseen of ['\u202e', '\u200b', '\u0007']) expect(text).not.toContain(unseen);
  });

  it('says of a type that it does not know that it does not know it, and not that it holds no data', () => {
    const text = reviewOf(
      planOf({ 'aws_rds_cluster.a': { actions: ['delete'] }, 'aws_iam_role.b': { actions: ['delete', 'create'] } }),
    );
    expect(text).toMatch(/\*\*Destroyed\*\*, of types that this review does not know: .*:\n- `aws_rds_cluster\.a`\n/);
    expect(text).toMatch(/\*\*Replaced\*\*, holding no data:\n- `aws_iam_role\.b`\n/);
  });

  it('says where Terraform would do something that it has no words for', () => {
    const text = reviewOf({ ...planOf({}), applyable: true });
    expect(text).toContain('Terraform calls the plan applicable all the same');
    expect(text).toContain('changes=yes');
    expect(reviewOf({ ...planOf({}), applyable: false })).toContain('Nothing to change.');
  });

  it('tells of outputs, too', () => {
    const plan = planOf({});
    const text = reviewOf({ ...plan, output_changes: { url: { actions: ['update'], before: 'a', after: 'b' } } });
    expect(text).toContain('! output url: "a" -> "b"');
    expect(text).toContain('changes=yes');
  });
});
