import type { Frame, Locator, Page } from 'playwright-core';
import { QuickInput } from './quickInput';
import { TreeRow } from './treeRow';

/** Exactly this text, leading and trailing space aside. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\\s*$`);
}

const OPEN_LIMIT_MS = 60_000;
/** A menu ignores the mouse for its first 100 ms. */
const MENU_WAKES_MS = 200;
/** After this a webview that shows nothing is reloaded. */
const WEBVIEW_STALLS_MS = 8_000;
/** How long something must be dragged over a view's icon before the view opens. */
const DRAG_OPENS_VIEW_MS = 1_200;

/** VS Code's workbench as a person uses it, fitted to the selectors of 1.139. */
export class Workbench {
  readonly quickInput: QuickInput;

  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {
    this.quickInput = new QuickInput(page);
  }

  /** Opens a folder (or an empty window) and waits until the workbench is drawn. */
  async open(folder?: string): Promise<void> {
    await this.page.goto(`${this.base}/?${folder === undefined ? 'ew=true' : `folder=${encodeURIComponent(folder)}`}`, {
      timeout: OPEN_LIMIT_MS,
    });
    await this.ready();
  }

  /** Reloads the window, as "Developer: Reload Window" does. */
  async reload(): Promise<void> {
    await this.page.reload({ timeout: OPEN_LIMIT_MS });
    await this.ready();
  }

  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: OPEN_LIMIT_MS });
    await this.page.locator('.statusbar-item').first().waitFor({ timeout: OPEN_LIMIT_MS });
  }

  /** An icon of the activity bar; its text is the view container's title. */
  activity(title: string): Locator {
    return this.page.locator('.activitybar').getByRole('tab', { name: title });
  }

  /** Opens a view container in the side bar, whichever one shows now. */
  async openView(title: string): Promise<void> {
    const icon = this.activity(title);
    await icon.waitFor({ timeout: OPEN_LIMIT_MS });
    if ((await icon.getAttribute('aria-selected')) !== 'true') await icon.click();
    await this.sideBar
      .locator('.composite.title, .title')
      .filter({ hasText: new RegExp(title, 'i') })
      .first()
      .waitFor();
  }

  get sideBar(): Locator {
    return this.page.locator('.part.sidebar');
  }

  /** One view in the side bar, by the title of its header. */
  view(title: string): Locator {
    return this.sideBar.locator('.pane').filter({ has: this.page.locator('.pane-header h3', { hasText: exactly(title) }) });
  }

  /** Unfolds one of the side bar's views where it is folded. */
  async unfold(title: string): Promise<void> {
    const header = this.view(title).locator('.pane-header');
    await header.waitFor();
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  /** Folds one of the side bar's views, so that the others get its room. */
  async fold(title: string): Promise<void> {
    const header = this.view(title).locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
  }

  /** Presses a button in the title of one of the side bar's views. */
  async viewAction(title: string, action: string): Promise<void> {
    const header = this.view(title).locator('.pane-header');
    await header.hover();
    await header.getByRole('button', { name: action }).click();
  }

  /** The text and buttons of an empty view. */
  get welcome(): Locator {
    return this.sideBar.locator('.welcome-view-content:visible');
  }

  /** A row of a tree in the side bar, by its label (its description and accessible name do not count). */
  row(label: string | RegExp): TreeRow {
    return this.#rowIn(this.sideBar, label);
  }

  /** A row of one view, where another view may have one of the same label. */
  rowOf(view: string, label: string | RegExp): TreeRow {
    return this.#rowIn(this.view(view), label);
  }

  #rowIn(place: Locator, label: string | RegExp): TreeRow {
    const text = typeof label === 'string' ? exactly(label) : label;
    const rows = place.locator('.monaco-list-row[role="treeitem"]').filter({ has: this.page.locator('.label-name', { hasText: text }) });
    return new TreeRow(this, rows.first());
  }

  /** All rows that are drawn, from top to bottom: a long list draws only what is in sight. */
  async rows(): Promise<{ level: number; label: string; description: string }[]> {
    const rows = await this.sideBar.locator('.monaco-list-row[role="treeitem"]').all();
    const read = await Promise.all(
      rows.map(async (row) => ({
        index: Number(await row.getAttribute('data-index')),
        level: Number(await row.getAttribute('aria-level')),
        label: (await row.locator('.label-name').allInnerTexts()).join(''),
        description: (await row.locator('.label-description').allInnerTexts()).join(''),
      })),
    );
    return read.sort((a, b) => a.index - b.index).map(({ level, label, description }) => ({ level, label, description }));
  }

  /** Runs a command from the palette. F1 is lost while an earlier quick input is still closing, so it is pressed until it works. */
  async palette(command: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput.input.waitFor({ timeout: 1_500 });
        await this.quickInput.input.fill(`>${command}`, { timeout: 1_500 });
        await this.quickInput.rows.filter({ hasText: command }).first().click({ timeout: 3_000 });
        return;
      } catch (error) {
        if (tries === 5) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Chooses an entry of the menu that is open; further names are those of submenus on the way. */
  async chooseMenuItem(...path: readonly string[]): Promise<void> {
    for (const [index, name] of path.entries()) {
      const item = this.page.getByRole('menuitem', { name, exact: true }).last();
      await item.waitFor();
      await this.page.waitForTimeout(MENU_WAKES_MS);
      if (index < path.length - 1) {
        await item.hover();
        continue;
      }
      await item.click();
      await item.waitFor({ state: 'detached' });
    }
  }

  /** The entries of the menu that is open, separators left out. */
  async menuItems(): Promise<string[]> {
    const items = this.page.locator('.monaco-menu').last().getByRole('menuitem');
    await items.first().waitFor();
    return (await items.allInnerTexts()).map((text) => text.split('\n')[0]?.trim() ?? '').filter(Boolean);
  }

  /** A notification that shows now, by a part of its text. */
  toast(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Presses a button of a notification. */
  async answerToast(text: string | RegExp, button: string): Promise<void> {
    await this.toast(text).getByRole('button', { name: button, exact: true }).click();
  }

  async clearToasts(): Promise<void> {
    await this.palette('Notifications: Clear All Notifications');
  }

  /** The modal dialog that is open. */
  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Presses a button of the modal dialog and waits until that dialog is gone; the next one may be open already. */
  async answerDialog(button: string): Promise<void> {
    const pressed = this.dialog.getByRole('button', { name: button, exact: true });
    const dialog = await this.dialog.elementHandle();
    await pressed.click();
    await dialog.waitForElementState('hidden');
  }

  /** An editor tab by its title. */
  tab(title: string): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name: title });
  }

  /**
   * The document inside a webview, by the webview's title. A webview that is hidden and shown again is a new document:
   * ask again after switching tabs.
   */
  async webview(title: string, timeoutMs = 40_000): Promise<Frame> {
    const limit = Date.now() + timeoutMs;
    let reloadAt = Date.now() + WEBVIEW_STALLS_MS;
    for (;;) {
      // On a busy machine a webview now and then never gets its service worker, and stays empty for good.
      if (Date.now() > reloadAt) {
        reloadAt = Date.now() + WEBVIEW_STALLS_MS;
        await this.palette('Developer: Reload Webviews');
      }
      for (const frame of this.page.frames()) {
        // A frame may go away while it is being asked.
        const element = await frame.frameElement().catch(() => undefined);
        const [id, own] = await Promise.all([element?.getAttribute('id'), element?.getAttribute('title')]).catch(() => []);
        if (id === 'active-frame' && own === title) return frame;
      }
      if (Date.now() > limit) throw new Error(`No webview titled "${title}" came up within ${timeoutMs / 1000} s.`);
      await this.page.waitForTimeout(100);
    }
  }

  /** What the visible terminal shows, line by line, without the padding at the end. */
  async terminalText(): Promise<string> {
    const lines = await this.page.locator('.terminal-wrapper.active .xterm-rows > div').allInnerTexts();
    return lines
      .map((line) => line.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Types a line into the visible terminal. */
  async typeInTerminal(line: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-screen').click();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Opens an output channel. */
  async openOutput(channel: string): Promise<void> {
    await this.palette('Output: Show Output Channels...');
    await this.quickInput.pick(channel);
  }

  /** The part of the open output channel that is in sight. */
  async outputText(): Promise<string> {
    const lines = this.page.locator('.part.panel .view-lines > .view-line');
    return (await lines.allInnerTexts()).map((line) => line.replaceAll('\u00a0', ' ')).join('\n');
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  /** Opens the context menu of a file or folder in the explorer and chooses an entry. */
  async explorerMenu(name: string, ...path: readonly string[]): Promise<void> {
    await this.openView('Explorer');
    await this.row(name).menu(...path);
  }

  /** Drags a file or folder from the explorer onto a row of another view, as a person does: over that view's icon, which opens it. */
  async dragToView(name: string, viewTitle: string, rowLabel: string): Promise<void> {
    await this.openView('Explorer');
    await this.row(name).locator.hover();
    await this.page.mouse.down();
    await this.activity(viewTitle).hover();
    const icon = await this.activity(viewTitle).boundingBox();
    if (!icon) throw new Error(`The activity bar has no icon "${viewTitle}".`);
    // The editor counts the time between two drag events, so the pointer has to keep moving a little.
    for (let waited = 0; waited < DRAG_OPENS_VIEW_MS; waited += 100) {
      await this.page.mouse.move(icon.x + icon.width / 2 + (waited % 200 === 0 ? 2 : 0), icon.y + icon.height / 2);
      await this.page.waitForTimeout(100);
    }
    const target = this.row(rowLabel).locator;
    await target.hover();
    await target.hover({ position: { x: 30, y: 8 } });
    await this.page.mouse.up();
  }

  /** Switches from dark to light or back, and waits until the window is drawn so. Menus and inputs stay open. */
  async toggleTheme(to: 'dark' | 'light'): Promise<void> {
    if (await this.dialog.isVisible()) throw new Error('A modal dialog keeps every key to itself: switch the theme before it opens.');
    await this.page.keyboard.press('Control+Alt+Shift+F8');
    await this.page.locator(to === 'dark' ? '.monaco-workbench.vs-dark' : '.monaco-workbench.vs').waitFor();
  }
}
