import type { ResolvedConfig } from '../../config/resolve';
import type { Deployed } from '../stage';
import type { Said, When } from './finding';
import type { Outside } from './outside/outside';

export interface Context {
  stage: Deployed;
  config: ResolvedConfig;
  outside: Outside;
}

/** One thing that is looked at, on its own and beside the others. What it throws becomes `unknown`, with the reason. */
export interface Check {
  /** In kebab-case; a heading of docs/doctor.md. */
  name: string;
  when: When;
  /** `EC2`: asks AWS, in the stage's region; absent: looks at this machine. */
  service?: string;
  /** What it could not look at, when it could not. */
  what: string;
  run: (context: Context) => Promise<Said[]>;
}
