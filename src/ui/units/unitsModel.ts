import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { isCancelled, sentenceOf } from '../../core/errors';
import type { UnitList, UnitRow } from '../../core/units/listing';
import { isFailed, ownUnits } from '../../core/units/listing';
import type { Row } from '../model/row';
import type { Services } from '../services';
import { treeItem } from '../tree/item';
import type { Node } from '../tree/nodes';
import { unitRow, unitTooltip } from './row';
import { ALL, ROOT, unitOf } from './unitsBranch';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;
/** Rows of "All services" shown at once: a machine has a few hundred. */
const PAGE = 500;

/** What is known of each machine's units, and the rows that show it. */
export class UnitsModel {
  readonly #lists = new Map<MachineKey, UnitList>();
  readonly #errors = new Map<MachineKey, string>();
  readonly #loading = new Map<MachineKey, Promise<UnitList>>();
  readonly #filters = new Map<MachineKey, string>();

  /** @param changed repaints a row of a machine and what is below it */
  constructor(
    private readonly services: Services,
    private readonly changed: (key: MachineKey, path: string) => void,
  ) {}

  /** The machine's units, asked for once. */
  async list(machine: Machine): Promise<UnitList> {
    const known = this.#lists.get(machine.key);
    if (known) return known;
    const loading = this.#loading.get(machine.key) ?? this.#load(machine);
    this.#loading.set(machine.key, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(machine.key);
    }
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    let list: UnitList;
    try {
      list = await this.list(machine);
    } catch (error) {
      this.#errors.set(machine.key, isCancelled(error) ? l10n.t('Not connected.') : sentenceOf(error));
      return ['error'];
    }
    if (list.version === undefined) return ['none'];
    if (path === ROOT) return [...ownUnits(list.units).map(({ name }) => `unit:${name}`), ALL];
    return path === ALL
      ? this.#matching(machine.key)
          .slice(0, PAGE)
          .map(({ name }) => `all:${name}`)
      : [];
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    const node: Node = { kind: 'branch', branch: 'units', key: machine.key, path };
    if (path === ALL) return treeItem('', this.#allRow(machine), Collapsed);
    if (path === 'error') return errorItem(this.#errors.get(machine.key), node);
    if (path === 'none') return treeItem('', noSystemd(), None);
    const unit = this.unit(machine.key, unitOf(path));
    if (!unit) return treeItem('', goneRow(), None);
    const item = treeItem('', unitRow(unit, Date.now(), l10n), None);
    item.tooltip = new vscode.MarkdownString(unitTooltip(unit, l10n, vscode.env.language));
    item.command = { command: 'skylab.unit.status', title: l10n.t('Show Status'), arguments: [node] };
    return item;
  }

  /** Said on the folded row: how many are the person's own, and what has failed. */
  summary(machine: Machine): string {
    const list = this.#lists.get(machine.key);
    if (list?.version === undefined) return '';
    const own = list.units.filter((unit) => unit.own).length;
    const failed = list.units.filter(isFailed).length;
    const parts = [own === 0 ? undefined : l10n.t('{0} of your own', own), failed === 0 ? undefined : l10n.t('{0} failed', failed)];
    return parts.filter((part) => part !== undefined).join(' · ');
  }

  unit(key: MachineKey, name: string | undefined): UnitRow | undefined {
    return this.#lists.get(key)?.units.find((unit) => unit.name === name);
  }

  /** Asks anew where the units are shown. */
  refresh(key: MachineKey): void {
    this.#lists.delete(key);
    this.#errors.delete(key);
    this.changed(key, ROOT);
  }

  filter(key: MachineKey): string {
    return this.#filters.get(key) ?? '';
  }

  setFilter(key: MachineKey, text: string): void {
    if (text === '') this.#filters.delete(key);
    else this.#filters.set(key, text);
    this.changed(key, ALL);
  }

  async #load(machine: Machine): Promise<UnitList> {
    const list = await (await this.services.units()).list(machine);
    this.#lists.set(machine.key, list);
    // the folded row says what has failed
    this.changed(machine.key, ROOT);
    return list;
  }

  #matching(key: MachineKey): readonly UnitRow[] {
    const words = this.filter(key)
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const units = this.#lists.get(key)?.units ?? [];
    const found = units.filter((unit) => {
      const text = `${unit.name} ${unit.description} ${unit.active} ${unit.sub} ${unit.boot}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    return found.sort((a, b) => Number(isFailed(b)) - Number(isFailed(a)));
  }

  #allRow(machine: Machine): Row {
    const total = this.#lists.get(machine.key)?.units.length ?? 0;
    const filter = this.filter(machine.key);
    const description = filter === '' ? String(total) : l10n.t('“{0}” · {1} of {2}', filter, this.#matching(machine.key).length, total);
    const label = l10n.t('All services');
    return {
      label,
      description,
      icon: { id: 'list-tree' },
      contextValue: filter === '' ? 'units.all' : 'units.all.filtered',
      aria: `${label}, ${description}`,
    };
  }
}

function errorItem(sentence = l10n.t('Not listed.'), node: Node): vscode.TreeItem {
  const icon = { id: 'error', color: 'list.errorForeground' };
  const row = { label: sentence, description: l10n.t('try again'), icon, contextValue: 'units.error', aria: sentence };
  const item = treeItem('', row, None);
  item.tooltip = sentence;
  item.command = { command: 'skylab.unit.refresh', title: l10n.t('Try Again'), arguments: [node] };
  return item;
}

function noSystemd(): Row {
  const label = l10n.t('This machine runs no systemd');
  return { label, description: '', icon: { id: 'info' }, contextValue: 'units.none', aria: label };
}

function goneRow(): Row {
  return { label: '', description: l10n.t('gone'), icon: { id: 'circle-slash' }, contextValue: 'gone', aria: l10n.t('gone') };
}
