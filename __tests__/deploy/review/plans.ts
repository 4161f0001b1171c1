import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Change, PlanDocument } from '../../../src/deploy/review/document';

const FOLDER = path.resolve(__dirname, '../../fixtures/plans');

/** Where a plan that was recorded stands: `fixtures/plans/record.ts` says how. */
export const recordedFile = (name: string): string => path.join(FOLDER, `${name}.json`);

/** Names of all. */
export const RECORDED = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => path.basename(name, '.json'));

export const recorded = (name: string): PlanDocument =>
  JSON.parse(readFileSync(recordedFile(name), 'utf8')) as PlanDocument;

/** A plan of stage `test` with these changes, by address. */
export const planOf = (changes: Record<string, Change>): PlanDocument => ({
  resource_changes: Object.entries(changes).map(([address, change]) => ({
    address,
    type: address.split('.')[0] ?? '',
    change,
  })),
  configuration: {
    provider_config: {
      aws: {
        expressions: {
          region: { constant_value: 'us-east-1' },
          default_tags: [{ tags: { constant_value: { stage: 'test' } } }],
        },
      },
    },
  },
});
