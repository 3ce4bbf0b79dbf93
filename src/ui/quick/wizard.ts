import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError } from '../../core/errors';

export interface Pick<T> extends vscode.QuickPickItem {
  readonly value: T;
}

interface PickOptions<T> {
  readonly placeholder: string;
  /** Items may still be loading: the pick shows that it is busy. */
  readonly items: readonly Pick<T>[] | Promise<readonly Pick<T>[]>;
  /** The value that is preselected. */
  readonly active?: (value: T) => boolean;
  /** Searches further while typing; the answers are added to the items. */
  readonly search?: (text: string) => Promise<readonly Pick<T>[]>;
}

interface InputOptions {
  readonly prompt: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** A sentence saying what is wrong, or undefined. Called while typing. */
  readonly validate?: (value: string) => string | undefined;
}

class Back extends Error {}

/** One question of a wizard. Esc throws CancelledError. */
export interface Ask {
  pick<T>(options: PickOptions<T>): Promise<T>;
  input(options: InputOptions): Promise<string>;
}

/** Asks what only this step needs; answers false when it had nothing to ask, so that "Back" passes over it. */
export type WizardStep = (ask: Ask) => Promise<boolean | undefined>;

/**
 * Asks the steps in order, with a Back button from the second on. Resolves when all are answered.
 * @throws CancelledError when the person leaves by Esc or by clicking elsewhere
 */
export async function wizard(title: string, steps: readonly WizardStep[]): Promise<void> {
  const asked: number[] = [];
  for (let index = 0; index < steps.length;) {
    const step = steps[index];
    if (!step) return;
    try {
      const skipped = (await step(new Questions(title, asked.length > 0))) === false;
      if (!skipped) asked.push(index);
      index += 1;
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      index = asked.pop() ?? 0;
    }
  }
}

/** One question outside of a wizard. */
export const ask = (title: string): Ask => new Questions(title, false);

class Questions implements Ask {
  constructor(
    private readonly title: string,
    private readonly canGoBack: boolean,
  ) {}

  pick<T>(options: PickOptions<T>): Promise<T> {
    const box = vscode.window.createQuickPick<Pick<T>>();
    box.placeholder = options.placeholder;
    box.matchOnDescription = true;
    box.matchOnDetail = true;
    let known: readonly Pick<T>[] = [];
    let searches = 0;
    const show = (items: readonly Pick<T>[]): void => {
      known = items;
      const active = box.value === '' ? items.find((item) => options.active?.(item.value)) : undefined;
      box.items = items;
      if (active) box.activeItems = [active];
    };
    const search = (text: string): void => {
      const mine = ++searches;
      if (!options.search || text.trim().length < 3) return;
      const find = options.search;
      setTimeout(() => {
        if (mine !== searches) return;
        box.busy = true;
        find(text.trim()).then(
          (found) => {
            if (mine !== searches) return;
            const labels = new Set(known.map((item) => `${item.label}\n${item.description ?? ''}`));
            box.items = [...known, ...found.filter((item) => !labels.has(`${item.label}\n${item.description ?? ''}`))];
            box.busy = false;
          },
          () => (box.busy = false),
        );
      }, 300);
    };
    return this.#ask<T>(box, (resolve, reject) => {
      if (options.items instanceof Promise) {
        box.busy = true;
        options.items.then(
          (items) => {
            box.busy = false;
            show(items);
          },
          (error: unknown) => reject(error),
        );
      } else {
        show(options.items);
      }
      return [
        box.onDidChangeValue(search),
        box.onDidAccept(() => {
          const chosen = box.selectedItems[0];
          if (chosen) resolve(chosen.value);
        }),
      ];
    });
  }

  input(options: InputOptions): Promise<string> {
    const box = vscode.window.createInputBox();
    box.prompt = options.prompt;
    box.value = options.value ?? '';
    box.placeholder = options.placeholder ?? '';
    box.password = options.password ?? false;
    return this.#ask<string>(box, (resolve) => [
      box.onDidChangeValue((value) => {
        // An empty box is not yet wrong: only accepting it is.
        box.validationMessage = value === '' ? undefined : options.validate?.(value);
      }),
      box.onDidAccept(() => {
        const problem = options.validate?.(box.value);
        if (problem === undefined) resolve(box.value);
        else box.validationMessage = problem;
      }),
    ]);
  }

  async #ask<T>(
    box: vscode.QuickPick<Pick<T>> | vscode.InputBox,
    wire: (resolve: (value: T) => void, reject: (reason: unknown) => void) => vscode.Disposable[],
  ): Promise<T> {
    box.title = this.title;
    box.ignoreFocusOut = true;
    if (this.canGoBack) box.buttons = [vscode.QuickInputButtons.Back];
    const listeners: vscode.Disposable[] = [];
    try {
      return await new Promise<T>((resolve, reject) => {
        listeners.push(
          box.onDidHide(() => reject(new CancelledError())),
          box.onDidTriggerButton(() => reject(new Back())),
          ...wire(resolve, (reason) => reject(reason instanceof Error ? reason : new Error(String(reason)))),
        );
        box.show();
      });
    } finally {
      for (const listener of listeners) listener.dispose();
      box.dispose();
    }
  }
}

/** Text that may not be empty. */
export const required =
  (what: string) =>
  (value: string): string | undefined =>
    value.trim() === '' ? l10n.t('Type {0}.', what) : undefined;
