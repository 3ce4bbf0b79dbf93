import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The repository's root folder. */
export const root = path.resolve(__dirname, '../..');

/** What the set-up found or installed, by part; see test/setup/parts.mjs. */
export interface TestBed {
  readonly editor?: { readonly node: string; readonly entry: string; readonly version: string };
  readonly chromium?: string;
}

/** Reads out/test-bed.json, which the runner writes before it starts a suite. */
export function testBed(): TestBed {
  try {
    return JSON.parse(readFileSync(path.join(root, 'out/test-bed.json'), 'utf8')) as TestBed;
  } catch (cause) {
    throw new Error('The test bed is not set up yet: run `npm run test:ui` once.', { cause });
  }
}

/** The extension's name and version as its package.json gives them. */
export function manifest(): { name: string; publisher: string; version: string } {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { name: string; publisher: string; version: string };
}
