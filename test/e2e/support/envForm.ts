import type { Frame, Page } from 'playwright-core';

/** The frame of the form over a .env file; the editor gives the frames of custom editors no title. */
export async function envFrame(page: Page, limitMs = 40_000): Promise<Frame> {
  for (const limit = Date.now() + limitMs; Date.now() < limit;) {
    for (const frame of page.frames()) {
      // a frame may go away while it is asked
      const there = await frame
        .locator('skylab-env')
        .count()
        .catch(() => 0);
      if (there > 0) return frame;
    }
    await page.waitForTimeout(100);
  }
  throw new Error(`The form was not there within ${limitMs / 1000} s.`);
}
