import { oneLine } from '../one-line';
import type { Verdict } from '../plan';
import { REASONS, type ReasonCode } from './reasons';

/** The sentence of the code, and behind it what is particular to this case: one line, though EC2's answers may be several. */
export const verdict = (code: ReasonCode, particulars?: string): Verdict => ({
  code,
  text: particulars ? `${REASONS[code]} ${oneLine(particulars)}` : REASONS[code],
});
