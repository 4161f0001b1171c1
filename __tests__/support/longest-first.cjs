const Sequencer = require('@jest/test-sequencer').default;

/** Files of which each takes long; of several the longest first. Without the order one of them comes last, alone. */
const LONGEST = [
  '__tests__/e2e/system.e2e.ts',
  '__tests__/e2e/pushed.e2e.ts',
  '__tests__/e2e/size.e2e.ts',
  '__tests__/e2e/agreement.e2e.ts',
  '__tests__/docs/guide.long.test.ts',
  '__tests__/terraform/apply.long.test.ts',
  '__tests__/deploy/terraform.long.test.ts',
  '__tests__/proof/sample.long.test.ts',
  '__tests__/scenarios/faults.long.test.ts',
  '__tests__/proof/sample.test.ts',
];

const rank = ({ path }) => {
  const at = LONGEST.findIndex((file) => path.endsWith(file));
  return at < 0 ? LONGEST.length : at;
};

/** Jest's own order begins with the largest file where none has ever run, as on a machine of continuous integration. */
class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
module.exports.LONGEST = LONGEST;
