/** A part of a rectangle, in shares of it: 0–1. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Packs sizes into the unit square from its bottom, as near to squares as a row allows; what is over stays free above
 * them. Sizes are shares of the whole; where they sum up to more than it, they are shrunk to fill it.
 *
 * @param ratio width of the square on the screen by its height
 * @returns a box for each size, in their order
 */
export function pack(sizes: readonly number[], ratio: number): Box[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const scale = total > 1 ? 1 / total : 1;
  const shares = sizes.map((size) => size * scale);
  const boxes: Box[] = [];
  let bottom = 1;
  for (let from = 0; from < shares.length; ) {
    const to = endOfRow(shares, from, ratio);
    const row = shares.slice(from, to);
    const full = row.reduce((sum, share) => sum + share, 0);
    // The last row may be a short one: it keeps the size of its blocks, and leaves room beside them.
    const isShort = to === shares.length && from > 0;
    const height = isShort ? Math.max(full, Math.min(boxes.at(-1)?.height ?? full, bottom)) : full;
    let left = 0;
    for (const share of row) {
      const width = height === 0 ? 0 : share / height;
      boxes.push({ left, top: bottom - height, width, height });
      left += width;
    }
    bottom -= height;
    from = to;
  }
  return boxes;
}

/** A row takes blocks for as long as that makes its worst block more of a square. */
function endOfRow(shares: readonly number[], from: number, ratio: number): number {
  let sum = shares[from] ?? 0;
  let smallest = sum;
  let worst = oblong(smallest, sum, ratio);
  let to = from + 1;
  for (; to < shares.length; to += 1) {
    const share = shares[to] ?? 0;
    const least = Math.min(smallest, share);
    const next = oblong(least, sum + share, ratio);
    if (next > worst) break;
    sum += share;
    smallest = least;
    worst = next;
  }
  return to;
}

/** How far a block of this share in a row of this height is from a square; 1: it is one. */
function oblong(share: number, height: number, ratio: number): number {
  if (share === 0 || height === 0) return 1;
  const shape = ((share / height) * ratio) / height;
  return Math.max(shape, 1 / shape);
}
