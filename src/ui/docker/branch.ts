import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { DockerHost } from '../../core/docker/dockerHost';
import type { DockerObjects } from '../../core/docker/objects';
import { isCancelled, sentenceOf } from '../../core/errors';
import { isRunning } from '../../core/operations/operations';
import type { DockerKind } from '../model/dockerRow';
import { containerRow, dockerKinds, dockerRow, imageRow, kindRow, networkRow, volumeRow } from '../model/dockerRow';
import { isReachable } from '../model/machineRow';
import type { Services } from '../services';
import type { Branch } from '../tree/branch';
import { treeItem } from '../tree/item';
import { failedItem, ROOT } from '../tree/lazyBranch';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** What a row stands for: all of a kind, or one object by its id, images with the reference under which they are listed. */
export interface DockerPlace {
  readonly kind: DockerKind | 'error';
  readonly id?: string;
  readonly tag?: string;
}

/** What a path of the branch stands for; undefined for the root. Ids and references hold no `|`. */
export function dockerPlace(path: string): DockerPlace | undefined {
  const [word = '', id, tag] = path.split('|');
  const kind = [...dockerKinds, 'error' as const].find((one) => one === word);
  return kind === undefined ? undefined : { kind, ...(id === undefined ? {} : { id }), ...(tag === undefined ? {} : { tag }) };
}

interface Known {
  objects?: DockerObjects;
  error?: string;
}

/** Containers, images, volumes and networks of each machine, asked for when the row is unfolded. */
export class DockerBranch implements Branch, vscode.Disposable {
  readonly name = 'docker';
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  readonly #known = new Map<MachineKey, Known>();
  readonly #subscription: { dispose(): void };

  constructor(
    private readonly services: Services,
    private readonly host: DockerHost,
  ) {
    const running = new Set<string>();
    this.#subscription = services.operations.onChange((view) => {
      if (isRunning(view)) running.add(view.id);
      else if (running.delete(view.id) && view.machineKey !== undefined) this.#ended(view.machineKey as MachineKey);
    });
  }

  /** What the machine said last; undefined before it was asked. */
  objects(key: MachineKey): DockerObjects | undefined {
    return this.#known.get(key)?.objects;
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    const place = dockerPlace(path);
    if (path !== ROOT && (place === undefined || place.id !== undefined)) return [];
    if (!this.#known.get(machine.key)?.objects) {
      await this.#ask(machine);
      // its row can say now which Docker it is, or that there is none
      if (this.objects(machine.key)) this.#changed.fire({ key: machine.key, path: ROOT });
    }
    const { objects, error } = this.#known.get(machine.key) ?? {};
    if (error !== undefined) return path === ROOT ? ['error'] : [];
    if (!objects || objects.docker === 'missing' || objects.docker === 'silent') return [];
    switch (place?.kind) {
      case undefined:
        return dockerKinds;
      case 'container':
        return objects.containers.map(({ id }) => `container|${id}`);
      case 'image':
        return objects.images.flatMap(({ id, tags }) => (tags.length === 0 ? [''] : tags).map((tag) => `image|${id}|${tag}`));
      case 'volume':
        return objects.volumes.map(({ name }) => `volume|${name}`);
      case 'network':
        return objects.networks.map(({ name }) => `network|${name}`);
      default:
        return [];
    }
  }

  parent(path: string): string {
    const place = dockerPlace(path);
    return place?.id === undefined ? ROOT : place.kind;
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    const objects = this.objects(machine.key);
    const place = dockerPlace(path);
    if (path === ROOT) {
      const row = dockerRow(objects, l10n);
      return treeItem('', row, row.contextValue === 'docker.root' ? Collapsed : None);
    }
    if (place?.kind === 'error') return this.#failed(machine, path);
    if (!objects || !place) return gone();
    if (place.id === undefined) {
      const row = kindRow(place.kind, objects, l10n);
      return treeItem('', row, row.description === l10n.t('none') ? None : Collapsed);
    }
    return objectItem(objects, place) ?? gone();
  }

  /** Asks the machine anew. */
  async refresh(machine: Machine): Promise<void> {
    await this.#ask(machine);
    this.#changed.fire({ key: machine.key, path: ROOT });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #ask(machine: Machine): Promise<void> {
    try {
      this.#known.set(machine.key, { objects: await this.host.list(machine) });
    } catch (error) {
      this.#known.set(machine.key, { error: isCancelled(error) ? l10n.t('Not connected.') : sentenceOf(error) });
    }
  }

  #ended(key: MachineKey): void {
    const machine = this.services.machines.get(key);
    if (machine && isReachable(machine) && this.#known.has(key)) void this.refresh(machine);
  }

  #failed(machine: Machine, path: string): vscode.TreeItem {
    const sentence = this.#known.get(machine.key)?.error ?? l10n.t('Not asked.');
    const node = { kind: 'branch', branch: this.name, key: machine.key, path };
    return failedItem(sentence, 'docker.error', { command: 'skylab.docker.refresh', title: l10n.t('Try Again'), arguments: [node] });
  }
}

function objectItem(objects: DockerObjects, { kind, id, tag = '' }: DockerPlace): vscode.TreeItem | undefined {
  switch (kind) {
    case 'container': {
      const container = objects.containers.find((one) => one.id === id);
      return container && told(treeItem('', containerRow(container, l10n), None), container.name, container.image, container.folder);
    }
    case 'image': {
      const image = objects.images.find((one) => one.id === id);
      return image && told(treeItem('', imageRow(image, tag, Date.now(), l10n), None), tag, image.id, image.usedBy.join(', '));
    }
    case 'volume': {
      const volume = objects.volumes.find(({ name }) => name === id);
      return volume && told(treeItem('', volumeRow(volume, Date.now(), l10n), None), volume.name, volume.project, volume.usedBy.join(', '));
    }
    case 'network': {
      const network = objects.networks.find(({ name }) => name === id);
      return network && told(treeItem('', networkRow(network, l10n), None), network.name, network.project, network.usedBy.join(', '));
    }
    case 'error':
      return undefined;
  }
}

function told(item: vscode.TreeItem, ...lines: readonly string[]): vscode.TreeItem {
  item.tooltip = lines.filter((line) => line !== '').join('\n');
  return item;
}

const gone = (): vscode.TreeItem =>
  treeItem('', { label: '', description: l10n.t('gone'), icon: { id: 'circle-slash' }, contextValue: 'gone', aria: l10n.t('gone') }, None);
