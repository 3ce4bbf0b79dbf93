import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isCancelled, sentenceOf } from '../../core/errors';
import type { DiskReading, Level, Reading } from '../../core/upkeep/monitor/reading';
import { newlyFull, takeReading } from '../../core/upkeep/monitor/reading';
import type { CommandId } from '../ids';
import { isReachable } from '../model/machineRow';
import { diskRow, monitorRow, otherRows } from '../model/monitorRow';
import type { Branch } from '../tree/branch';
import { treeItem } from '../tree/item';
import { ROOT } from '../tree/lazyBranch';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** Milliseconds between two looks at a machine that is watched. */
const LOOK_MS = 30_000;

interface Watched {
  reading?: Reading;
  /** Milliseconds since the epoch. */
  at: number;
  error?: string;
  /** The row is unfolded. */
  shown: boolean;
  /** By mount point: the level that the person was told of. */
  readonly told: Map<string, Level>;
}

/** How machines do. A machine is asked while its row is unfolded and in sight, over a connection that is open anyway. */
export class MonitorBranch implements Branch, vscode.Disposable {
  readonly name = 'monitor';
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  readonly #watched = new Map<MachineKey, Watched>();
  readonly #timer = setInterval(() => void this.#tick(), LOOK_MS);
  readonly #subscriptions: vscode.Disposable;

  constructor(private readonly ui: Ui) {
    const fold = (node: Node, shown: boolean): void => {
      if (node.kind === 'machine' && !shown) this.#fold(node.key);
      if (node.kind === 'branch' && node.branch === this.name && node.path === ROOT) {
        const watched = this.#watched.get(node.key);
        if (watched) watched.shown = shown;
      }
    };
    this.#subscriptions = vscode.Disposable.from(
      ui.machinesView.onDidCollapseElement(({ element }) => fold(element, false)),
      ui.machinesView.onDidExpandElement(({ element }) => fold(element, true)),
    );
  }

  /** The disk of a row. */
  disk(key: MachineKey, path: string): DiskReading | undefined {
    return this.#watched.get(key)?.reading?.disks.find(({ mount }) => path === `disk|${mount}`);
  }

  disks(key: MachineKey): readonly DiskReading[] {
    return this.#watched.get(key)?.reading?.disks ?? [];
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    if (path !== ROOT) return [];
    const known = this.#watched.get(machine.key);
    if (known?.reading === undefined) await this.refresh(machine);
    const watched = this.#of(machine.key);
    watched.shown = true;
    if (watched.reading === undefined) return ['error'];
    return [...watched.reading.disks.map(({ mount }) => `disk|${mount}`), ...otherRows(watched.reading, l10n).keys()];
  }

  parent(path: string): string {
    return path === ROOT ? '' : ROOT;
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    const { reading, at, error } = this.#watched.get(machine.key) ?? { at: 0 };
    if (path === ROOT) return treeItem('', monitorRow(reading, at, l10n, vscode.env.language), Collapsed);
    if (path === 'error') {
      const label = error ?? l10n.t('Not connected.');
      return treeItem('', { label, description: '', icon: { id: 'warning' }, contextValue: 'monitor.error', aria: label }, None);
    }
    const disk = this.disk(machine.key, path);
    const row = disk === undefined ? reading && otherRows(reading, l10n).get(path) : diskRow(disk, l10n);
    return treeItem('', row ?? { label: '', description: '', icon: { id: 'blank' }, contextValue: 'monitor.gone', aria: '' }, None);
  }

  /** Asks the machine now; connects where that is needed. */
  async refresh(machine: Machine): Promise<void> {
    const watched = this.#of(machine.key);
    try {
      const session = await this.ui.services.access.session(machine);
      watched.reading = await session.run(takeReading);
      watched.at = Date.now();
      delete watched.error;
      this.#warn(machine, watched);
    } catch (error) {
      delete watched.reading;
      watched.error = isCancelled(error) ? l10n.t('Not connected.') : sentenceOf(error);
    }
    this.#changed.fire({ key: machine.key, path: ROOT });
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }

  #of(key: MachineKey): Watched {
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const watched: Watched = { at: 0, shown: false, told: new Map() };
    this.#watched.set(key, watched);
    return watched;
  }

  #fold(key: MachineKey): void {
    const watched = this.#watched.get(key);
    if (watched) watched.shown = false;
  }

  /** Nobody is asked out of sight, and no connection is opened for it. */
  async #tick(): Promise<void> {
    if (!this.ui.machinesView.visible) return;
    const { machines, access } = this.ui.services;
    for (const [key, { shown }] of this.#watched) {
      const machine = machines.get(key);
      if (shown && machine !== undefined && isReachable(machine) && access.isConnected(machine)) await this.refresh(machine);
    }
  }

  /** Says once for each disk, and once more when it gets worse. */
  #warn(machine: Machine, { reading, told }: Watched): void {
    if (reading === undefined) return;
    for (const { disk, level } of newlyFull(reading, told)) {
      told.set(disk.mount, level);
      const files = (disk.inodePercent ?? 0) > disk.percent;
      const percent = Math.max(disk.percent, disk.inodePercent ?? 0);
      const message = files
        ? l10n.t('{0} on {1}: {2} % of the files that it can hold are there.', disk.mount, machine.name, percent)
        : l10n.t('{0} on {1} is {2} % full.', disk.mount, machine.name, percent);
      const node: Node = { kind: 'branch', branch: this.name, key: machine.key, path: `disk|${disk.mount}` };
      const look = l10n.t('What Fills It…');
      void vscode.window.showWarningMessage(message, look).then((answer) => {
        if (answer === look) void vscode.commands.executeCommand('skylab.monitor.fills' satisfies CommandId, node);
      });
    }
  }
}
