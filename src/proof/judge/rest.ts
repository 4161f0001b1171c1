import { isOpen } from '../../autoscaler/planning/fleet-view';
import type { Face } from '../face/face';
import { judgeRest } from './judge';

/** Nobody runs, nothing is open or on its way, and nothing is wrong: a tick would find nothing to go on with. */
export function isAtRest(face: Face): boolean {
  const { pods } = face.world.counts();
  const isMoving = ({ state }: { state: string }): boolean => state === 'pending' || state === 'shutting-down';
  return (
    face.invocations.every(({ isOver }) => isOver) &&
    !face.state.operations.some(isOpen) &&
    face.state.notices.length === 0 &&
    !face.world.ec2.all().some(isMoving) &&
    pods.pending === 0 &&
    judgeRest(face).length === 0
  );
}
