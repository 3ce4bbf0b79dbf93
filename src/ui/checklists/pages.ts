import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Checklist, Tick } from '../../core/checklists/model';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, isCancelled, SkylabError } from '../../core/errors';
import { allMachines, chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import type { CommandId } from '../ids';
import type { CheckedList, CheckedMachine } from '../model/checklistReport';
import { checklistReport, stateAt } from '../model/checklistReport';
import { isReachable } from '../model/machineRow';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';
import type { UpkeepPages } from '../upkeep/pages';
import { PAGE_SCHEME } from '../upkeep/scheme';
import { chooseList, newList, openList } from './lists';

interface Page extends CheckedList {
  readonly source: vscode.Uri;
  readonly asked: readonly Machine[];
  /** The list's commands may be run. */
  readonly commands: boolean;
}

/** What makes a secret new. */
const MAKES_NEW: Partial<Record<string, CommandId>> = {
  loginKeys: 'skylab.setUp.users',
  hostKeys: 'skylab.checkHostKey',
  envSecrets: 'skylab.deployment.editEnv',
  githubSecret: 'skylab.deployment.editEnv',
  sitePassword: 'skylab.deploy',
  certificate: 'skylab.setUp.certificates',
};

/** Lists that were gone through, each on a page of its own. @param texts shows the pages */
export function checklistCommands(ui: Ui, texts: UpkeepPages): Handlers {
  return new ChecklistPages(ui, texts).commands();
}

class ChecklistPages {
  readonly #pages = new Map<string, Page>();

  constructor(
    private readonly ui: Ui,
    private readonly texts: UpkeepPages,
  ) {}

  commands(): Handlers {
    return {
      'skylab.checklist.run': async (arg, more) => this.#run(arg, more),
      'skylab.checklist.again': async (arg) => {
        const [uri, page] = this.#page(arg);
        await this.#look(uri, page);
      },
      'skylab.checklist.tick': async (arg) => this.#tick(...this.#page(arg)),
      'skylab.checklist.save': async (arg) => this.#save(this.#page(arg)[1]),
      'skylab.checklist.new': () => newList(this.ui),
    };
  }

  #put(uri: vscode.Uri, page: Page): void {
    this.#pages.set(uri.toString(), page);
    this.texts.put(uri, checklistReport(page, l10n, vscode.env.language));
  }

  #page(arg: unknown): readonly [vscode.Uri, Page] {
    const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
    const page = uri === undefined ? undefined : this.#pages.get(uri.toString());
    if (uri === undefined || page === undefined) {
      throw new SkylabError('This list was gone through by a window that is closed.', { next: 'Go through it again.' });
    }
    return [uri, page];
  }

  async #run(arg: unknown, more: unknown): Promise<void> {
    const source = await chooseList(this.ui, arg);
    const list = await openList(this.ui, source);
    const machines = await this.#machines(arg, more, list.title);
    const commands = await mayRun(list, machines);
    const { owner } = await this.ui.services.checklists();
    const names = machines.map(({ name }) => name).join(', ');
    const path = `/${`${list.title} ${names}`.replaceAll(/[\\/]/g, ' ').slice(0, 100)}.checklist.md`;
    const uri = vscode.Uri.from({ scheme: PAGE_SCHEME, authority: 'checklist', path, query: randomUUID() });
    await this.#look(uri, { list, machines: [], who: owner, at: Date.now(), source, asked: machines, commands });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  }

  /** The row that it was called on with those that are selected, or the person's choice of one or many. */
  async #machines(arg: unknown, more: unknown, title: string): Promise<readonly Machine[]> {
    const rows = (Array.isArray(more) ? more : []).filter(isNode).filter(({ kind }) => kind === 'machine');
    const known = rows.flatMap((row) => (row.kind === 'machine' ? (this.ui.services.machines.get(row.key) ?? []) : []));
    if (isNode(arg)) return known.length > 1 ? known.filter(isReachable) : [await chooseMachine(this.ui, arg, title)];
    const all = allMachines(this.ui).filter(isReachable);
    if (all.length < 2) return [await chooseMachine(this.ui, undefined, title)];
    const items = all.map((machine) => ({ label: machine.name, machine }));
    const chosen = await vscode.window.showQuickPick(items, { title, canPickMany: true, placeHolder: l10n.t('On which machines?') });
    if (chosen === undefined || chosen.length === 0) throw new CancelledError();
    return chosen.map(({ machine }) => machine);
  }

  /** Looks, and fills the page; ticks of before stay. */
  async #look(uri: vscode.Uri, page: Page): Promise<void> {
    const checklists = await this.ui.services.checklists();
    const { list, asked, commands } = page;
    const options = { location: vscode.ProgressLocation.Notification, title: list.title, cancellable: true };
    const machines = await vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      return Promise.all(
        asked.map(async (machine): Promise<CheckedMachine> => {
          const say = (done: number) => progress.report({ message: `${machine.name}: ${list.items[done]?.title ?? ''}` });
          const results = await checklists.run(machine, list, { commands, signal: abort.signal, progress: say });
          const ticks = page.machines.find(({ name }) => name === machine.name)?.ticks ?? new Map<number, Tick>();
          return { name: machine.name, results, ticks };
        }),
      );
    });
    this.#put(uri, { ...page, machines, at: Date.now() });
  }

  /** One item after the other, until the person has enough. */
  async #tick(uri: vscode.Uri, first: Page): Promise<void> {
    const { owner } = await this.ui.services.checklists();
    for (let page = first; ;) {
      const { list, machines } = page;
      const rows = machines.flatMap((machine, which) =>
        list.items.flatMap(({ title, help }, index) => {
          const state = stateAt(machine, index);
          const icon = { pass: 'pass', fail: 'error', open: 'circle-large-outline', unknown: 'question' }[state];
          if (state === 'pass' && !machine.ticks.has(index)) return [];
          const description = machines.length > 1 ? machine.name : '';
          return [{ label: `$(${icon}) ${title}`, description, ...(help === undefined ? {} : { detail: help }), value: { which, index } }];
        }),
      );
      if (rows.length === 0) {
        this.ui.notifications.tell(l10n.t('Everything on this list is right.'), []);
        return;
      }
      try {
        const { which, index } = await ask(list.title).pick({
          placeholder: l10n.t('What have you looked at? Esc when you are done'),
          items: rows,
        });
        const tick = await this.#ask(page, which, index, owner);
        if (tick === undefined) return;
        const changed = machines.map((one, at) => (at === which ? { ...one, ticks: new Map(one.ticks).set(index, tick) } : one));
        page = { ...page, machines: changed };
      } catch (error) {
        if (isCancelled(error)) return;
        throw error;
      }
      this.#put(uri, page);
    }
  }

  /** @returns undefined where the person has gone to do it */
  async #ask({ list, asked }: Page, which: number, index: number, who: string): Promise<Tick | undefined> {
    const item = list.items[index];
    const title = item?.title ?? '';
    const command = item?.look.kind === 'rotate' ? MAKES_NEW[item.look.secret] : undefined;
    const answer = await ask(title).pick<'pass' | 'fail' | 'do'>({
      placeholder: item?.help ?? l10n.t('How is it?'),
      items: [
        { label: `$(pass) ${l10n.t('Right')}`, value: 'pass' },
        { label: `$(error) ${l10n.t('Wrong')}`, value: 'fail' },
        ...(command === undefined ? [] : [{ label: `$(arrow-right) ${l10n.t('Do it now…')}`, value: 'do' as const }]),
      ],
    });
    const machine = asked[which];
    if (answer === 'do') {
      const node: Node | undefined = machine === undefined ? undefined : { kind: 'machine', key: machine.key };
      if (command !== undefined) await vscode.commands.executeCommand(command, command === 'skylab.deploy' ? undefined : node);
      return undefined;
    }
    const note = await ask(title).input({ prompt: l10n.t('A note for the record; may be empty') });
    return { state: answer, who, at: Date.now(), note: note.trim() };
  }

  /** Writes the page beside the list, or where the person says. */
  async #save(page: Page): Promise<void> {
    const date = new Date(page.at - new Date(page.at).getTimezoneOffset() * 60_000)
      .toISOString()
      .slice(0, 16)
      .replace('T', '-')
      .replace(':', '');
    const slug = page.list.title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '');
    const folder = vscode.workspace.getWorkspaceFolder(page.source) ?? vscode.workspace.workspaceFolders?.[0];
    const name = `${date}-${slug}.md`;
    const into =
      folder === undefined
        ? await vscode.window.showSaveDialog({ filters: { Markdown: ['md'] }, saveLabel: l10n.t('Keep') })
        : vscode.Uri.joinPath(folder.uri, 'checklists', 'results', name);
    if (into === undefined) throw new CancelledError();
    await vscode.workspace.fs.writeFile(into, Buffer.from(checklistReport(page, l10n, vscode.env.language)));
    this.ui.notifications.tell(l10n.t('Kept as {0}.', vscode.workspace.asRelativePath(into)), [
      { label: l10n.t('Open'), act: () => vscode.window.showTextDocument(into) },
    ]);
  }
}

/** A list is a file that somebody wrote: its commands are shown before any of them runs. @throws CancelledError */
async function mayRun({ items }: Checklist, machines: readonly Machine[]): Promise<boolean> {
  const lines = items.flatMap(({ look }) => (look.kind === 'command' ? [look.command] : []));
  if (lines.length === 0) return false;
  const run = l10n.t('Run Them');
  const skip = l10n.t('Leave Them Out');
  const title = l10n.t('This list has commands for {0}. Run them?', machines.map(({ name }) => name).join(', '));
  const answer = await vscode.window.showWarningMessage(
    title,
    { modal: true, detail: lines.map((line) => `$ ${line}`).join('\n') },
    run,
    skip,
  );
  if (answer === undefined) throw new CancelledError();
  return answer === run;
}
