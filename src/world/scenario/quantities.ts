/** Quantities as a scenario spells them; reading durations is `src/config`'s. */

/** Kubernetes' resource.Quantity without a sign: decimal, with a decimal or binary suffix or an exponent. */
const QUANTITY = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

export const isQuantity = (text: string): boolean => QUANTITY.test(text);
