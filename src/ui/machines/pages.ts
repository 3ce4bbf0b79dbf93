import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { causeChain, SkylabError } from '../../core/errors';
import type { RemoteCommand } from '../../core/remote/command';
import type { Ui } from '../ui';
import { busy } from '../notifications';

const SCHEME = 'skylab-machine-log';
/** Milliseconds between two looks at a page that grows. */
const FOLLOW_MS = 5_000;
/** A page that has not grown for so long is only read anew when asked. */
const STILL_MS = 3 * 60_000;

type Source = 'console' | 'setUp';

interface Page {
  readonly key: MachineKey;
  readonly source: Source;
  text: string;
  grewAt: number;
  timer?: NodeJS.Timeout | undefined;
}

/** What machines print: their consoles, and the logs of their first-boot set-up. A page grows while its machine prints. */
export class MachinePages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #pages = new Map<string, Page>();
  readonly #subscription: vscode.Disposable;

  constructor(private readonly ui: Ui) {
    this.#subscription = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri)),
      this.#changed,
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#pages.get(uri.toString())?.text ?? l10n.t('Press Refresh above to read this again.');
  }

  async open(machine: Machine, source: Source): Promise<void> {
    const title = source === 'console' ? l10n.t('Console of {0}', machine.name) : l10n.t('Set-up of {0}', machine.name);
    const path = `/${title.replaceAll(/[\\/]/g, ' ')}.log`;
    const uri = vscode.Uri.from({ scheme: SCHEME, path, query: `${source}:${machine.key}` });
    await busy(title, (signal) => this.#read(uri, machine, source, signal));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, 'log');
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    const end = document.lineAt(Math.max(0, document.lineCount - 1)).range.end;
    editor.revealRange(new vscode.Range(end, end));
  }

  /** Reads the page in front anew. */
  async refresh(arg: unknown): Promise<void> {
    const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
    if (uri?.scheme !== SCHEME) return;
    const [source, ...rest] = uri.query.split(':');
    const machine = this.ui.services.machines.get(rest.join(':') as MachineKey);
    if (machine === undefined) throw new SkylabError('This machine is not known now.', { next: 'Refresh the list of machines.' });
    await busy(l10n.t('Reading'), (signal) => this.#read(uri, machine, source === 'setUp' ? 'setUp' : 'console', signal));
  }

  /** Opens a picture of the machine's screen. */
  async screenshot(machine: Machine): Promise<void> {
    if (machine.kind !== 'instance') return;
    const { id, accountId } = machine.instance;
    const image = await busy(l10n.t('Taking a picture of the screen of {0}', machine.name), async (signal) => {
      const { acts } = await this.ui.services.machineActs();
      return (await acts.for(this.ui.services.machines.accountOf(accountId))).screenshot(id, signal);
    });
    const folder = vscode.Uri.joinPath(this.ui.scratch, 'screens');
    const file = vscode.Uri.joinPath(
      folder,
      `${machine.name.replaceAll(/[^\w.-]+/g, '-')}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.jpg`,
    );
    await vscode.workspace.fs.createDirectory(folder);
    await vscode.workspace.fs.writeFile(file, image);
    await vscode.commands.executeCommand('vscode.open', file);
  }

  dispose(): void {
    for (const page of this.#pages.values()) clearTimeout(page.timer);
    this.#pages.clear();
    this.#subscription.dispose();
  }

  async #read(uri: vscode.Uri, machine: Machine, source: Source, signal?: AbortSignal): Promise<void> {
    const text = source === 'console' ? await this.#console(machine, signal) : await this.#setUp(machine, signal);
    const id = uri.toString();
    const page = this.#pages.get(id) ?? { key: machine.key, source, text: '', grewAt: 0 };
    if (text !== page.text) {
      page.text = text;
      page.grewAt = Date.now();
      this.#changed.fire(uri);
    }
    this.#pages.set(id, page);
    this.#follow(uri, page);
  }

  #follow(uri: vscode.Uri, page: Page): void {
    clearTimeout(page.timer);
    const machine = this.ui.services.machines.get(page.key);
    const alive = machine?.kind === 'given' || machine?.instance.state === 'running' || machine?.instance.state === 'pending';
    if (machine === undefined || !alive || Date.now() - page.grewAt > STILL_MS) return;
    page.timer = setTimeout(() => {
      this.#read(uri, machine, page.source).catch((error: unknown) =>
        this.ui.log.info(`${uri.path} is read no further: ${causeChain(error)}`),
      );
    }, FOLLOW_MS);
  }

  #forget(uri: vscode.Uri): void {
    if (uri.scheme !== SCHEME) return;
    clearTimeout(this.#pages.get(uri.toString())?.timer);
    this.#pages.delete(uri.toString());
  }

  async #console(machine: Machine, signal: AbortSignal | undefined): Promise<string> {
    if (machine.kind !== 'instance') return '';
    const { services } = this.ui;
    const cloud = await services.provider(services.machines.accountOf(machine.instance.accountId));
    const text = await cloud.consoleOutput(machine.instance.id, signal);
    return text === undefined ? l10n.t('The console is blank so far. This page fills when the machine prints something.') : plain(text);
  }

  async #setUp(machine: Machine, signal: AbortSignal | undefined): Promise<string> {
    const session = await this.ui.services.access.session(machine, signal);
    return plain(await session.run(setUpLog, signal === undefined ? {} : { signal }));
  }
}

/** Consoles print colors and carriage returns (ECMA-48 control sequences), which an editor would show as signs. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[()][A-Z0-9]/g, '').replaceAll(/\r+\n?/g, '\n');
}

/** The last 256 KiB of what cloud-init and everything it started printed. */
const setUpLog: RemoteCommand = {
  argv: ['tail', '-c', '262144', '/var/log/cloud-init-output.log'],
  sudo: true,
  what: 'read the log of the first-boot set-up',
};
