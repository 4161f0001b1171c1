import type { Result } from './result';

export interface Growth {
  types: number;
  pods: number;
  karpenter?: { ms: number; slope?: number };
  /** `part`: of the longest time of ours. */
  ours: { ms: number; slope?: number; part: number };
}

/** How time grows with pods, for each number of types, over the sizes of Karpenter's mix without existing nodes. */
export function growthOf(results: Result[]): Growth[] {
  const sized = results.filter(({ name, nodes }) => /^p\d+-t\d+-n0$/.test(name) && nodes === 0);
  const longest = Math.max(...sized.map(({ ours }) => ours.ms.min));
  const typeCounts = [...new Set(sized.map(({ types }) => types))].sort((a, b) => a - b);
  return typeCounts.flatMap((types) => {
    const rows = sized.filter((result) => result.types === types).sort((a, b) => a.pods - b.pods);
    return rows.map((row, index): Growth => {
      const before = rows[index - 1];
      const slope = (ms: number, msBefore?: number) =>
        before && msBefore !== undefined ? { slope: Math.log(ms / msBefore) / Math.log(row.pods / before.pods) } : {};
      const ours = row.ours.ms.min;
      const karpenter = row.karpenter?.ms.min;
      return {
        types,
        pods: row.pods,
        ours: { ms: ours, part: ours / longest, ...slope(ours, before?.ours.ms.min) },
        ...(karpenter !== undefined && {
          karpenter: { ms: karpenter, ...slope(karpenter, before?.karpenter?.ms.min) },
        }),
      };
    });
  });
}
