/** The first line of a review, which GitHub does not show: whose it is, and whether there is anything to do. */
export interface Marker {
  stage: string;
  changes: boolean;
}

const WRITTEN = /^<!-- k3s-autoscaler plan of stage=([A-Za-z0-9-]+) changes=(yes|no) -->/;

export const marker = ({ stage, changes }: Marker): string =>
  `<!-- k3s-autoscaler plan of stage=${stage.replaceAll(/[^A-Za-z0-9-]/g, '-')} changes=${changes ? 'yes' : 'no'} -->`;

/** Undefined: the text is no review. */
export function markerIn(text: string): Marker | undefined {
  const [, stage, changes] = WRITTEN.exec(text) ?? [];
  return stage === undefined ? undefined : { stage, changes: changes === 'yes' };
}
