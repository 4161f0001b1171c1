import type { Verdict } from '../plan';
import { REASONS, type ReasonCode } from './reasons';

/** The sentence of the code, and behind it what is particular to this case. */
export const verdict = (code: ReasonCode, particulars?: string): Verdict => ({
  code,
  text: particulars ? `${REASONS[code]} ${particulars}` : REASONS[code],
});
