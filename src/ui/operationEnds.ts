import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { MachineKey } from '../core/cloud/model';
import { isRunning } from '../core/operations/operations';
import type { Operation } from '../core/operations/operations';
import type { OperationView } from '../shared/operation';
import { cleanUp } from './commands/operations';
import type { Ui } from './ui';

/** Tells how launches and deployments ended, whoever started them: the form, the quick picks, or a retry. */
export class OperationEnds implements vscode.Disposable {
  readonly #followed = new Set<string>();
  readonly #subscription: { dispose(): void };

  constructor(private readonly ui: Ui) {
    this.#subscription = ui.services.operations.onChange((view) => this.#onChange(view));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #onChange(view: OperationView): void {
    if ((view.kind !== 'launch' && view.kind !== 'deploy') || !isRunning(view) || this.#followed.has(view.id)) return;
    const operation = this.ui.services.operations.list().find((one) => one.view.id === view.id);
    if (!operation) return;
    this.#followed.add(view.id);
    void this.ui.errors.run(() => this.#follow(operation));
  }

  async #follow(operation: Operation): Promise<void> {
    const { notifications, documents, machinesView } = this.ui;
    const done = await notifications.follow(operation, {
      // Tree and page show the same progress: a notification only where neither is in sight.
      progress: !machinesView.visible && !pageInFront(),
      showLog: (one) => documents.showLog(one),
      cleanUp: () => cleanUp(this.ui),
    });
    this.#followed.delete(operation.view.id);
    if (!done) return;
    if (operation.view.kind === 'launch') await this.#launched(operation);
    else this.#deployed(operation);
  }

  async #launched({ view }: Operation): Promise<void> {
    const machine = view.machineKey === undefined ? undefined : this.ui.services.machines.get(view.machineKey as MachineKey);
    if (!machine) return;
    const node = { kind: 'machine', key: machine.key };
    if (!pageInFront()) {
      // "Open Terminal" offers the line in ~/.ssh/config by itself: one notification at a time.
      await this.ui.notifications.ask(l10n.t('{0} is ready.', machine.name), [
        { label: l10n.t('Open Terminal'), act: async () => (await import('./commands/connect')).openTerminal(this.ui, machine) },
        { label: l10n.t('Deploy a Folder…'), act: () => vscode.commands.executeCommand('skylab.deploy', node) },
      ]);
      return;
    }
    // The page says that it is ready, with the same buttons.
    const id = machine.kind === 'instance' ? machine.instance.id : machine.given.id;
    const target = (await this.ui.services.hostEntries.list()).find((one) => one.hostKeyAlias === id);
    if (target) await this.ui.include.offer(target.alias);
  }

  #deployed({ view }: Operation): void {
    void this.ui.errors.run(async () => {
      if (view.machineKey === undefined || pageInFront()) return;
      const deployer = await this.ui.services.deployer();
      const [newest] = [...deployer.deployments(view.machineKey as MachineKey)].sort((a, b) => b.deployedAt - a.deployedAt);
      if (!newest) return;
      const proof = view.steps.findLast(
        (step) => step.state === 'done' && step.detail !== undefined && /\b401\b/.test(step.detail),
      )?.detail;
      const message = proof === undefined ? l10n.t('{0} is up.', newest.name) : l10n.t('{0} is up, protected: {1}.', newest.name, proof);
      this.ui.notifications.tell(message, [
        { label: l10n.t('Open Site'), act: async () => (await import('./deployments/openSite')).openSite(newest.url) },
      ]);
    });
  }
}

/** True while a page of the editor area is in front: the operation's own page, in nearly every case. */
const pageInFront = (): boolean => vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputWebview;
