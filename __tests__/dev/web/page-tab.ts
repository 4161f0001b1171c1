import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface Tab {
  page: Page;
  /** Addresses that the page asked for. */
  asked: string[];
  /** Errors of scripts, lines of the console that are warnings or worse, and dialogs. */
  complaints: string[];
}

/** A page that notes whatever it should not have done. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const page = await browser.newPage(options);
  const tab: Tab = { page, asked: [], complaints: [] };
  page.on('request', (request) => tab.asked.push(request.url()));
  page.on('pageerror', (error) => tab.complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) tab.complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    tab.complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return tab;
}

/** How much wider the page is than its window, in CSS pixels. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
