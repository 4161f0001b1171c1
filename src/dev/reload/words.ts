import type { ReloadEvent } from './events';

/** What became of a save, for people. */
export function reloadLines(event: ReloadEvent): string[] {
  switch (event.kind) {
    case 'watching':
      return ['Saves take effect from now on: code, autoscaler.config.ts, infrastructure.'];
    case 'reloaded': {
      const { ms, parts, files } = event;
      const spent = `build ${parts.build.toFixed(0)}, load ${parts.load.toFixed(0)}`;
      return [`${files.join(', ')}: new code answers after ${ms.toFixed(0)} ms (${spent})`];
    }
    case 'broken':
      return [`${event.files.join(', ') || event.of}: what ran before goes on`, ...event.text.split('\n')];
    case 'config':
      return withChanges(event, event.changes.length > 0 ? 'set otherwise' : 'nothing is set otherwise');
    case 'infrastructure':
      return withChanges(
        event,
        `against the start of dev, a deploy would change${event.changes.length > 0 ? '' : ' nothing'}`,
      );
    case 'restart':
      return [`${event.files.join(', ')}: of dev itself; it takes effect when dev is started again`];
  }
}

const withChanges = ({ files, changes }: { files: string[]; changes: string[] }, what: string): string[] => [
  `${files.join(', ')}: ${what}`,
  ...changes.map((change) => `  ${change}`),
];
