import type { ResolvedConfig } from '../config/resolve';
import type { StageNames } from './names';
import type { Network } from './network';
import type { NodeFiles } from './node-files';
import type { NodeRoles } from './node-roles';
import type { Security } from './security';

/** What the constructs of nodes are built from. */
export interface NodeProps {
  /** The checkout. */
  root: string;
  names: StageNames;
  config: ResolvedConfig;
  network: Network;
  security: Security;
  roles: NodeRoles;
  files: NodeFiles;
}
