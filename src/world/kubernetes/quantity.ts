const SUFFIX: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity in its base unit (cores, bytes, count). @throws for what is no quantity. */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/.exec(
    String(text),
  );
  if (!match) throw new Error(`quantity "${text}" is not one of Kubernetes'; write it like 250m, 0.5, 128Mi or 1G`);
  return Number(`${match[1]}${match[2] ?? ''}`) * (SUFFIX[match[3] ?? ''] as number);
}

/** Whole millicores, rounded up as Kubernetes does. The tiny subtraction takes off what binary fractions add. */
export const cpuMilli = (text: string | number): number => Math.ceil(parseQuantity(text) * 1000 - 1e-6);

/** Whole bytes or counts, rounded up. */
export const whole = (text: string | number): number => Math.ceil(parseQuantity(text) - 1e-6);
