import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const BINARY = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

export const missingChromium = existsSync(BINARY)
  ? undefined
  : `there is no ${BINARY}, and CHROMIUM_BIN names no other`;

/** A Chromium with a fresh profile that asks for nothing on its own. Whoever calls closes it. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: BINARY,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
