import { chromium, type Browser } from 'playwright-core';
import { testBed } from './bed';

/** Starts a headless Chromium: the one in $CHROMIUM, else the one that the set-up found. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? testBed().chromium;
  if (!executablePath) throw new Error('There is no Chromium here: run `npm run test:webview` once, or set CHROMIUM to one.');
  return chromium.launch({
    executablePath,
    headless: true,
    // Chromium's own sandbox does not start as root, which is what containers and CI machines run as; the pages are ours.
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
}
