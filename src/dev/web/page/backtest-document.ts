import type { BacktestPage } from '../backtest-page';
import { assembled, type Parts, partsOf } from './parts';

let parts: Promise<Parts> | undefined;

/** A backtest as one HTML document that loads nothing. */
export async function backtestDocumentOf(data: BacktestPage): Promise<string> {
  parts ??= partsOf('backtest.html', 'client/backtest.ts');
  return assembled(await parts, { data, isLive: false, nonce: undefined });
}
