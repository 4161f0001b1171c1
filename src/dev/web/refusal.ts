import type { Context } from 'hono';

/** What a request is answered that is not obeyed. */
export interface Refusal {
  what: string;
  /** `Host`, `body.speed` … */
  where: string;
  value: unknown;
  rule: string;
  fix: string;
}

export const refuse = (c: Context, status: 400 | 403 | 404 | 409 | 413 | 415 | 500, refusal: Refusal): Response =>
  c.json(refusal, status);
