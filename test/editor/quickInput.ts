import type { Locator, Page } from 'playwright-core';

/** The list or input box at the top of the window. */
export class QuickInput {
  constructor(private readonly page: Page) {}

  private get widget(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  get input(): Locator {
    return this.widget.locator('.quick-input-box input');
  }

  get rows(): Locator {
    return this.widget.locator('.quick-input-list .monaco-list-row');
  }

  get title(): Locator {
    return this.widget.locator('.quick-input-title');
  }

  /** The line under the input: its prompt, or what is wrong with what was typed. */
  get message(): Locator {
    return this.widget.locator('.quick-input-message');
  }

  /** Waits for a quick input with this title. */
  async titled(text: string | RegExp): Promise<void> {
    await this.title.filter({ hasText: text }).waitFor();
  }

  /** Replaces what the input holds, without accepting it. */
  async type(text: string): Promise<void> {
    await this.input.fill(text);
  }

  /** Replaces what the input holds and accepts it. */
  async answer(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Picks the first entry whose text contains this one. */
  async pick(label: string | RegExp): Promise<void> {
    await this.rows.filter({ hasText: label }).first().click();
  }

  /** Ticks entries of a list with check boxes and accepts it. */
  async pickSeveral(labels: readonly string[]): Promise<void> {
    for (const label of labels)
      await this.rows.filter({ hasText: label }).first().locator('.monaco-checkbox, input[type="checkbox"]').first().click();
    await this.input.press('Enter');
  }

  /** The texts of the entries in sight, label first. */
  async entries(): Promise<string[]> {
    await this.rows.first().waitFor();
    return (await this.rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
  }

  async back(): Promise<void> {
    await this.widget.getByRole('button', { name: 'Back' }).click();
  }

  async cancel(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.widget.waitFor({ state: 'hidden' });
  }
}
