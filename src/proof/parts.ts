/** What the proof is made of, each by itself. */
export const PARTS = ['crash', 'interleavings', 'faults', 'live', 'soak', 'wire'] as const;

export type Part = (typeof PARTS)[number];
