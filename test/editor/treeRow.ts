import type { Locator } from 'playwright-core';
import type { Workbench } from './workbench';

/** One row of a tree view. It is looked up anew for each question, so it may come and go. */
export class TreeRow {
  constructor(
    private readonly workbench: Workbench,
    readonly locator: Locator,
  ) {}

  /** Waits until the row shows. */
  async shown(timeoutMs?: number): Promise<void> {
    await this.locator.waitFor(timeoutMs === undefined ? {} : { timeout: timeoutMs });
  }

  /** Waits until the row is gone. */
  async gone(timeoutMs?: number): Promise<void> {
    await this.locator.waitFor({ state: 'detached', ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
  }

  /** Depth in the tree, counted from 1. */
  async level(): Promise<number> {
    return Number(await this.locator.getAttribute('aria-level'));
  }

  /** The dimmed text behind the label; empty when there is none. */
  async description(): Promise<string> {
    return (await this.locator.locator('.label-description').allInnerTexts()).join('').trim();
  }

  /** Waits until the description contains a text. */
  async describes(text: string | RegExp, timeoutMs?: number): Promise<void> {
    const description = this.locator.locator('.label-description').filter({ hasText: text });
    await description.waitFor(timeoutMs === undefined ? {} : { timeout: timeoutMs });
  }

  /** The name of the codicon before the label, e.g. "vm-running"; undefined for none or a picture of another kind. */
  async icon(): Promise<string | undefined> {
    const icons = this.locator.locator('.custom-view-tree-node-item-icon');
    if ((await icons.count()) === 0) return undefined;
    return /codicon-([\w-]+)/.exec((await icons.first().getAttribute('class')) ?? '')?.[1];
  }

  /** What a screen reader says for the row. */
  async accessibleName(): Promise<string> {
    return (await this.locator.getAttribute('aria-label')) ?? '';
  }

  async click(): Promise<void> {
    await this.locator.click();
  }

  /** Expands the row; nothing happens when it is expanded already. */
  async expand(): Promise<void> {
    await this.locator.waitFor();
    if ((await this.locator.getAttribute('aria-expanded')) === 'false') await this.locator.locator('.monaco-tl-twistie').click();
  }

  /** Folds the row, so that those below it get its room; nothing happens when it is folded already. */
  async fold(): Promise<void> {
    if ((await this.locator.getAttribute('aria-expanded')) === 'true') await this.locator.locator('.monaco-tl-twistie').click();
  }

  /** Presses one of the row's inline buttons, which show while the pointer is over it. */
  async inline(action: string): Promise<void> {
    await this.locator.hover();
    await this.locator.getByRole('button', { name: action }).click();
  }

  /** The names of the row's inline buttons. */
  async inlineActions(): Promise<string[]> {
    await this.locator.hover();
    const buttons = await this.locator.locator('.actions .action-label').all();
    return Promise.all(buttons.map(async (button) => (await button.getAttribute('aria-label')) ?? ''));
  }

  /**
   * Opens the row's context menu and chooses an entry; further names are those of submenus on the way. A menu that was opened in the moment
   * in which an act on the row ends has the entries of before: it is opened again, as a person would.
   */
  async menu(...path: readonly string[]): Promise<void> {
    const { page } = this.workbench;
    for (let tries = 1; ; tries++) {
      await this.locator.click({ button: 'right' });
      try {
        await page
          .getByRole('menuitem', { name: path[0] ?? '', exact: true })
          .last()
          .waitFor({ timeout: 5_000 });
        break;
      } catch (error) {
        if (tries === 4) throw error;
        await page.keyboard.press('Escape');
      }
    }
    await this.workbench.chooseMenuItem(...path);
  }

  /** The entries of the row's context menu; the menu is closed again. */
  async menuItems(): Promise<string[]> {
    await this.locator.click({ button: 'right' });
    const items = await this.workbench.menuItems();
    await this.workbench.page.keyboard.press('Escape');
    return items;
  }
}
