import { Command } from 'commander';
import { textOf } from '../config/given-file';
import type { Exit } from './run';
import { tell } from './stage-options';
import { EXIT, UsageError, wholeNumber } from './usage';

interface ReportFlags {
  file: string;
  pullRequest?: number;
  drift?: true;
  json?: true;
}

const HELP = `
For jobs of GitHub Actions: GITHUB_TOKEN is their token, GITHUB_REPOSITORY and GITHUB_API_URL are there already. Of each
stage there is one comment and one issue, which the next report changes; what a person wrote is never touched.
Exit codes: 0 done, 1 GitHub could not be reached or refused, 2 a flag or the environment is wrong.`;

/** `report`: brings a review of a plan to GitHub. */
export function reportCommand(exit: Exit): Command {
  return new Command('report')
    .description('bring what `plan --markdown` printed to GitHub: into a pull request, or into an issue about drift')
    .requiredOption('--file <file>', 'what `plan --markdown` printed')
    .option('--pull-request <number>', 'comment there, or change the comment', wholeNumber('--pull-request'))
    .option('--drift', 'open the issue, change it, or close it when nothing is to be changed')
    .option('--json', 'one JSON document on stdout: { did, url }; did: made, updated, closed or nothing')
    .addHelpText('after', HELP)
    .action(async (flags: ReportFlags) => exit(await report(flags)));
}

async function report({ file, pullRequest, drift, json }: ReportFlags): Promise<number> {
  if ((pullRequest === undefined) === (drift === undefined)) {
    throw new UsageError('report: say where to, by --pull-request NUMBER or by --drift');
  }
  const { markerIn } = await import('../deploy/review/marker');
  const text = textOf(file, (why) => refused(file, why));
  const marker = markerIn(text);
  if (marker === undefined) throw refused(file, 'it does not begin with the line that the next report finds it by');
  const { Repository } = await import('../github/repository');
  const { reportDrift, reportToPullRequest } = await import('../github/reports');
  const repository = Repository.of(process.env);
  const reported = await (pullRequest === undefined
    ? reportDrift(repository, marker, text)
    : reportToPullRequest(repository, pullRequest, marker, text));
  tell(json, reported, () => [`stage ${marker.stage}: ${reported.did} ${reported.url ?? ''}`.trimEnd()]);
  return EXIT.done;
}

const refused = (file: string, why: string): UsageError =>
  new UsageError(
    `--file ${file}: must be what \`npm run -s plan -- --markdown\` printed: ${why}; see whether that failed`,
  );
