import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { isRunning } from '../core/operations/operations';
import type { Operation } from '../core/operations/operations';
import { appsArea } from './apps/area';
import { allMachines } from './commands/choose';
import { inspectArea } from './commands/inspect';
import { machineCommands } from './commands/machineCommands';
import { offerCleanUp, operationCommands } from './commands/operations';
import { registerCommands } from './commands/registry';
import { viewCommands } from './commands/view';
import { takeDropped } from './commands/dropped';
import { deploymentsArea } from './deployments/area';
import { dockerArea } from './docker/area';
import { envArea } from './env/area';
import { ErrorBoundary } from './errorBoundary';
import { filesArea } from './files/area';
import { hostsArea } from './hosts/area';
import type { ContextKey } from './ids';
import { views } from './ids';
import { IncludeOffer } from './includeOffer';
import { keysArea } from './keys/area';
import { Notifications } from './notifications';
import { OperationEnds } from './operationEnds';
import { resourcesArea } from './resources/area';
import { machineActsArea } from './machines/area';
import { monitorArea } from './monitor/area';
import { moneyArea } from './money/area';
import { recipesArea } from './recipes/area';
import { specsArea } from './specs/area';
import { supportArea } from './support/area';
import { cloudsArea } from './clouds/area';
import type { Services } from './services';
import type { Settings } from './settings';
import { StatusBar } from './statusBar';
import { transfersArea } from './transfers/area';
import { ActivityTree } from './tree/activityTree';
import { MachineDrop } from './tree/drop';
import { MachinesTree } from './tree/machinesTree';
import { tunnelsArea } from './tunnels/area';
import type { Ui } from './ui';
import { unitsArea } from './units/area';
import { upkeepArea } from './upkeep/area';
import { VirtualDocuments } from './virtualDocuments';

/** Milliseconds after which ages in the tree are painted anew. */
const TICK = 60_000;

/** Registers views, commands and notifications; everything ends with the returned disposable. */
export function registerUi(
  context: vscode.ExtensionContext,
  services: Services,
  settings: Settings,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const errors = new ErrorBoundary(log, (accountId) => services.accounts.get(accountId) !== undefined);
  const documents = new VirtualDocuments(services.operations);
  const machinesTree = new MachinesTree(services);
  const activityTree = new ActivityTree(services);
  const machinesView = vscode.window.createTreeView(views.machines, {
    treeDataProvider: machinesTree,
    showCollapseAll: true,
    canSelectMany: true,
    manageCheckboxStateManually: true,
    dragAndDropController: new MachineDrop(errors, (node, dropped) => takeDropped(ui, node, dropped)),
  });
  const activityView = vscode.window.createTreeView(views.activity, { treeDataProvider: activityTree });
  const ui: Ui = {
    services,
    settings,
    log,
    errors,
    documents,
    include: new IncludeOffer(services.hostEntries, services.memento, documents),
    notifications: new Notifications(errors),
    machinesTree,
    machinesView,
    extensionUri: context.extensionUri,
    extensionId: context.extension.id,
    logFolder: context.logUri,
    scratch: context.globalStorageUri,
  };
  const areas = [
    appsArea(ui),
    deploymentsArea(ui),
    dockerArea(ui),
    envArea(ui),
    hostsArea(ui),
    keysArea(ui),
    tunnelsArea(ui),
    transfersArea(ui),
    filesArea(ui),
    inspectArea(ui),
    resourcesArea(ui),
    machineActsArea(ui),
    moneyArea(ui),
    specsArea(ui),
    cloudsArea(ui),
    unitsArea(ui),
    recipesArea(ui),
    upkeepArea(ui),
    monitorArea(ui),
    supportArea(ui),
  ];
  const commands = registerCommands(ui, {
    ...machineCommands(ui),
    ...operationCommands(ui),
    ...viewCommands(ui),
  });
  const visibility = watchVisibility(ui);
  const badge = services.operations.onChange(() => paintBadge(activityView, services.operations.list()));
  const contexts = watchContexts(ui);
  void errors.run(() => offerCleanUp(ui));
  return vscode.Disposable.from(
    commands,
    ...areas.flatMap((area) => [registerCommands(ui, area.commands), ...area.disposables]),
    machinesView,
    activityView,
    machinesTree,
    activityTree,
    documents,
    visibility,
    badge,
    contexts,
    new StatusBar(services, settings),
    new OperationEnds(ui),
  );
}

/** Polls the clouds only while someone looks. */
function watchVisibility(ui: Ui): vscode.Disposable {
  const { machines } = ui.services;
  const look = (visible: boolean): void => machines.setVisible(visible);
  look(ui.machinesView.visible);
  const timer = setInterval(() => {
    if (ui.machinesView.visible) ui.machinesTree.tick();
  }, TICK);
  return vscode.Disposable.from(
    ui.machinesView.onDidChangeVisibility(({ visible }) => look(visible)),
    { dispose: () => clearInterval(timer) },
  );
}

/** Keeps the context keys that menus and welcome views read. */
function watchContexts(ui: Ui): vscode.Disposable {
  const { accounts, machines } = ui.services;
  const known = new Map<ContextKey, boolean>();
  const set = (key: ContextKey, value: boolean): void => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const update = (): void => {
    set('skylab.hasAccounts', accounts.list().length > 0);
    set('skylab.hasGiven', accounts.givenMachines().length > 0);
    set('skylab.hasMachines', allMachines(ui).length > 0);
    set('skylab.ready', true);
  };
  const updateOperations = (): void => {
    const all = ui.services.operations.list();
    set('skylab.hasOperations', all.length > 0);
    set(
      'skylab.hasRunning',
      all.some((operation) => isRunning(operation.view)),
    );
  };
  update();
  updateOperations();
  return vscode.Disposable.from(
    accounts.onChange(update),
    machines.onChange(update),
    ui.machinesTree.onDidChangeTreeData(update),
    ui.services.operations.onChange(updateOperations),
  );
}

function paintBadge(view: vscode.TreeView<unknown>, operations: readonly Operation[]): void {
  const running = operations.filter((operation) => isRunning(operation.view)).length;
  view.badge = running === 0 ? undefined : { value: running, tooltip: l10n.t('{0} running', running) };
}
