import { plan } from '../../../src/autoscaler/planning/planner';
import { SavedPlanner } from '../../../src/dev/live/saved-planner';
import { config, scene } from '../../autoscaler/builders';
import { Project, saying, Told, WORD } from '../reload/project';

/** A planner that says one word, and the time that it was asked for. */
const ENTRY = `import { word } from '../../autoscaler/word';
export const handler = async (): Promise<string> => word();
export const replan = (recording: string): string =>
  JSON.stringify({ decision: { code: word(), text: String(JSON.parse(recording).snapshot.at) } });
`;

it('the laptop plans as this checkout does until the first save, and then as it was saved last', async () => {
  const project = new Project({ 'src/dev/reload/entry.ts': ENTRY });
  const told = new Told();
  const end = new AbortController();
  const planner = new SavedPlanner();
  const watching = planner.watch(project.root, told.tell, end.signal);
  try {
    const snapshot = scene({});
    expect(await told.next()).toEqual({ kind: 'watching' });
    expect(await planner.plan(snapshot, config)).toEqual(plan(snapshot, config));
    for (const word of ['two', 'three']) {
      project.save(WORD, saying(word));
      expect(await told.next()).toMatchObject({ kind: 'reloaded', files: [WORD] });
      expect(await planner.plan(snapshot, config)).toMatchObject({ decision: { code: word, text: `${snapshot.at}` } });
    }
    // WHEN a save does not parse THEN the last good planner goes on
    project.save(WORD, 'export const word = (');
    expect(await told.next()).toMatchObject({ kind: 'broken', of: 'code' });
    expect(await planner.plan(snapshot, config)).toMatchObject({ decision: { code: 'three' } });
  } finally {
    end.abort();
    await watching;
    project.dispose();
  }
});
