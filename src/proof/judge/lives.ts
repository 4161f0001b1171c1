import { type Life, livesOf } from '../../world/report/fleet';
import type { Face } from '../face/face';

/** All instances of the face's cluster. */
export const livesIn = ({ world: { ec2, events }, config }: Face): Life[] => livesOf(ec2.all(), events, config.cluster);
