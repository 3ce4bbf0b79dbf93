import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { SecurityGroup } from '../../core/cloud/model';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isCancelled, SkylabError } from '../../core/errors';
import { firewallFacts } from '../../core/upkeep/firewall/facts';
import { portRows, portsToKnock } from '../../core/upkeep/ports';
import { scan } from '../../core/upkeep/portScan';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { journalReport } from '../model/journalReport';
import { portReport } from '../model/portReport';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { PAGE_SCHEME } from './scheme';

type Page = 'ports' | 'journal';

/** Read-only pages that a machine is asked for; Refresh above asks again. */
export class UpkeepPages implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #closed = vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString()));

  constructor(
    private readonly ui: Ui,
    private readonly changed: (uri: vscode.Uri) => void,
  ) {}

  text(uri: vscode.Uri): string {
    const known = this.#texts.get(uri.toString());
    if (known !== undefined) return known;
    return uri.authority === 'checklist'
      ? l10n.t('This list was gone through by a window that is closed.')
      : l10n.t('Press Refresh above to ask this machine again.');
  }

  /** Fills a page that another part makes. */
  put(uri: vscode.Uri, text: string): void {
    this.#texts.set(uri.toString(), text);
    this.changed(uri);
  }

  commands(): Handlers {
    return {
      'skylab.setUp.ports': async (arg) => this.#open(await chooseMachine(this.ui, arg, l10n.t('Ports and firewall')), 'ports'),
      'skylab.setUp.journal': async (arg) => this.#open(await chooseMachine(this.ui, arg, l10n.t('What Skylab did here')), 'journal'),
      'skylab.setUp.refresh': async (arg) => {
        const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
        const machine = uri?.scheme === PAGE_SCHEME ? this.ui.services.machines.get(uri.query as MachineKey) : undefined;
        if (!uri || !machine) throw new SkylabError('This machine is not known now.', { next: 'Refresh the list of machines.' });
        await this.#fill(machine, uri.authority === 'journal' ? 'journal' : 'ports');
      },
    };
  }

  dispose(): void {
    this.#closed.dispose();
  }

  async #open(machine: Machine, page: Page): Promise<void> {
    const uri = await this.#fill(machine, page);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  async #fill(machine: Machine, page: Page): Promise<vscode.Uri> {
    const name = machine.name.replaceAll(/[\\/]/g, ' ');
    const title = page === 'ports' ? l10n.t('Ports of {0}', name) : l10n.t('Skylab on {0}', name);
    const uri = vscode.Uri.from({ scheme: PAGE_SCHEME, authority: page, path: `/${title}.md`, query: machine.key });
    const text = await busy(l10n.t('Asking {0}', machine.name), (signal) =>
      page === 'ports' ? this.#ports(machine, signal) : this.#journal(machine, signal),
    );
    this.#texts.set(uri.toString(), text);
    this.changed(uri);
    return uri;
  }

  async #ports(machine: Machine, signal: AbortSignal): Promise<string> {
    const { upkeep, probe } = await this.ui.services.upkeep();
    const [facts, groups] = await Promise.all([upkeep.look(machine, firewallFacts, signal), this.#groups(machine)]);
    const host = await this.#address(machine);
    const answers = host === undefined ? new Map<number, never>() : await scan(probe, host, portsToKnock(facts), signal);
    return portReport(
      { machine: machine.name, facts, rows: portRows(facts, groups, answers), from: host, at: Date.now() },
      l10n,
      vscode.env.language,
    );
  }

  async #journal(machine: Machine, signal: AbortSignal): Promise<string> {
    const { upkeep } = await this.ui.services.upkeep();
    return journalReport(machine.name, await upkeep.journal(machine, signal), l10n, vscode.env.language);
  }

  /** The machine's groups; undefined where there are none, or the account may not look at them. */
  async #groups(machine: Machine): Promise<readonly SecurityGroup[] | undefined> {
    if (machine.kind === 'given') return undefined;
    const { services, log } = this.ui;
    const account = services.machines.accountOf(machine.instance.accountId);
    const { capabilitiesOf } = await import('../../core/cloud/capabilities');
    if (!capabilitiesOf(account).securityGroups) return undefined;
    const ids = machine.instance.securityGroups.map(({ id }) => id);
    try {
      return (await (await services.provider(account)).listSecurityGroups()).filter(({ id }) => ids.includes(id));
    } catch (error) {
      if (isCancelled(error)) throw error;
      log.info(`The table of ports goes without the security groups: ${String(error)}`);
      return undefined;
    }
  }

  /** Where this computer can knock; undefined behind a jump host. */
  async #address(machine: Machine): Promise<string | undefined> {
    const target = await this.ui.services.access.prepare(machine);
    return target.jump === undefined ? target.hostName : undefined;
  }
}
