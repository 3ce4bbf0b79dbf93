import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { readDeployments } from '../../core/deploy/remembered';
import type { Stacks } from '../../core/deploy/stacks/stacks';
import type { Project, Service, Stack, Survey } from '../../core/deploy/stacks/survey';
import type { Container } from '../../core/docker/containers';
import { isCancelled, sentenceOf } from '../../core/errors';
import { isRunning } from '../../core/operations/operations';
import { appCondition } from '../model/appRow';
import { isReachable } from '../model/machineRow';
import type { Row } from '../model/row';
import {
  containerText,
  deploymentsRow,
  projectRow,
  releaseRow,
  releasesRow,
  rememberedRow,
  replicaRow,
  serviceRow,
  stackRow,
} from '../model/stackRow';
import type { Services } from '../services';
import type { Branch } from '../tree/branch';
import { treeItem } from '../tree/item';
import { failedItem, ROOT } from '../tree/lazyBranch';
import { appChildren, appItem, appParent } from './appRows';
import type { Place } from './place';
import { appPlaceOf, pathOf, pathOfApp, placeOf } from './place';

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
/** Milliseconds after which a machine is asked again while something of it starts or is in work. */
const AGAIN_MS = 4000;
/** How often that is done in a row. */
const AGAIN_TIMES = 30;

interface Known {
  survey?: Survey;
  error?: string;
  asking?: Promise<void>;
  again: number;
  timer?: NodeJS.Timeout;
}

/** What is deployed on each machine, below its row: as the machine tells, when it is unfolded. */
export class DeploymentsBranch implements Branch, vscode.Disposable {
  readonly name = 'deployments';
  readonly #changed = new vscode.EventEmitter<{ readonly key: MachineKey; readonly path?: string }>();
  readonly onDidChange = this.#changed.event;
  readonly #known = new Map<MachineKey, Known>();
  readonly #subscriptions: { dispose(): void }[];

  /** @param isFollowed whether the logs of a project are on screen */
  constructor(
    private readonly services: Services,
    private readonly stacks: Stacks,
    private readonly isFollowed: (machine: Machine, project: string) => boolean,
  ) {
    const running = new Set<string>();
    this.#subscriptions = [
      services.operations.onChange((view) => {
        if (isRunning(view)) running.add(view.id);
        else if (running.delete(view.id) && view.machineKey !== undefined) this.#ended(view.machineKey as MachineKey);
      }),
      services.machines.onChange((change) => {
        if (change.kind !== 'all' && change.kind !== 'account') this.#machineChanged(change.key);
      }),
    ];
  }

  /** What the machine said last; undefined before it was asked. */
  survey(key: MachineKey): Survey | undefined {
    return this.#known.get(key)?.survey;
  }

  async children(machine: Machine, path: string): Promise<readonly string[]> {
    if (path === ROOT) return this.#roots(machine);
    const appPlace = appPlaceOf(path);
    if (appPlace) {
      const app = this.#app(machine.key, appPlace.name);
      return app ? appChildren(app, appPlace) : [];
    }
    const place = placeOf(path);
    if (!place) return [];
    // the row of a stack that is only remembered was unfolded
    if (!this.survey(machine.key)) await this.#ask(machine);
    const found = this.find(machine.key, place);
    if (!found) return this.#known.get(machine.key)?.error === undefined ? [] : [pathOf({ kind: 'error' })];
    const { name } = found.project;
    switch (place.kind) {
      case 'stack':
      case 'other': {
        const services = found.project.services.map((service) =>
          pathOf({ kind: 'service', owned: found.owned, name, service: service.name }),
        );
        return found.stack ? [...services, pathOf({ kind: 'releases', name })] : services;
      }
      case 'service':
        return (found.service?.containers ?? []).map(({ id }) =>
          pathOf({ kind: 'replica', owned: found.owned, name, service: place.service, id }),
        );
      case 'releases':
        return (found.stack?.releases ?? []).map(({ id }) => pathOf({ kind: 'release', name, id }));
      default:
        return [];
    }
  }

  parent(path: string): string {
    const appPlace = appPlaceOf(path);
    if (appPlace) return appParent(appPlace) ?? ROOT;
    const place = placeOf(path);
    switch (place?.kind) {
      case 'service':
        return pathOf({ kind: place.owned === 'own' ? 'stack' : 'other', name: place.name });
      case 'replica':
        return pathOf({ kind: 'service', owned: place.owned, name: place.name, service: place.service });
      case 'releases':
        return pathOf({ kind: 'stack', name: place.name });
      case 'release':
        return pathOf({ kind: 'releases', name: place.name });
      default:
        return ROOT;
    }
  }

  item(machine: Machine, path: string): vscode.TreeItem {
    if (path === ROOT) return this.#rootItem(machine);
    const appPlace = appPlaceOf(path);
    if (appPlace) {
      const app = this.#app(machine.key, appPlace.name);
      return (app && appItem(app, appPlace)) ?? treeItem('', gone(), None);
    }
    const place = placeOf(path);
    if (!place) return treeItem('', gone(), None);
    if (place.kind === 'error') return this.#failed(machine, path);
    const found = this.find(machine.key, place);
    const now = Date.now();
    if (!found) return place.kind === 'stack' ? this.#rememberedItem(machine, place.name, now) : treeItem('', gone(), None);
    const { project, stack, service, owned } = found;
    switch (place.kind) {
      case 'stack':
      case 'other': {
        const followed = this.isFollowed(machine, project.name);
        const row = stack ? stackRow(stack, followed, now, l10n) : projectRow(project, followed, l10n);
        const item = treeItem('', row, Collapsed);
        item.tooltip = stack ? stackTooltip(stack) : `${project.name}\n${project.folder}`;
        return item;
      }
      case 'service': {
        if (!service) return treeItem('', gone(), None);
        const item = treeItem('', serviceRow(service, owned, l10n), service.containers.length > 1 ? Collapsed : None);
        item.tooltip = service.containers.map(containerTooltip).join('\n\n');
        return item;
      }
      case 'replica': {
        const container = service?.containers.find(({ id }) => id === place.id);
        if (!container) return treeItem('', gone(), None);
        const item = treeItem('', replicaRow(container, owned, l10n), None);
        item.tooltip = containerTooltip(container);
        return item;
      }
      case 'releases':
        return treeItem('', stack ? releasesRow(stack, l10n) : gone(), stack ? Collapsed : None);
      case 'release': {
        const release = stack?.releases.find(({ id }) => id === place.id);
        const item = treeItem('', release ? releaseRow(release, vscode.env.language, now, l10n) : gone(), None);
        item.tooltip = place.id;
        return item;
      }
    }
  }

  /** What a row stands for; undefined where the machine was not asked or it is gone. */
  find(
    key: MachineKey,
    place: Place,
  ):
    { readonly owned: 'own' | 'other'; readonly project: Project | Stack; readonly stack?: Stack; readonly service?: Service } | undefined {
    const survey = this.survey(key);
    if (!survey || place.kind === 'error') return undefined;
    const owned = place.kind === 'other' || ('owned' in place && place.owned === 'other') ? 'other' : 'own';
    const stack = owned === 'own' ? survey.stacks.find(({ name }) => name === place.name) : undefined;
    const project = stack ?? (owned === 'other' ? survey.others.find(({ name }) => name === place.name) : undefined);
    if (!project) return undefined;
    const service = 'service' in place ? project.services.find(({ name }) => name === place.service) : undefined;
    return { owned, project, ...(stack ? { stack } : {}), ...(service ? { service } : {}) };
  }

  /** Asks the machine anew. */
  async refresh(machine: Machine): Promise<void> {
    await this.#ask(machine);
    this.#changed.fire({ key: machine.key, path: ROOT });
  }

  /** Rows look different although their machines are as they were. */
  repaint(): void {
    const remembered = readDeployments(this.services.memento).map(({ machineKey }) => machineKey);
    for (const key of new Set([...this.#known.keys(), ...remembered])) this.#changed.fire({ key, path: ROOT });
  }

  dispose(): void {
    for (const { timer } of this.#known.values()) clearTimeout(timer);
    for (const one of this.#subscriptions) one.dispose();
    this.#changed.dispose();
  }

  async #roots(machine: Machine): Promise<readonly string[]> {
    const remembered = readDeployments(this.services.memento, machine.key);
    // Rows that were unfolded by themselves open no connection: a class of machines is not dialed because a window opens.
    const quiet = remembered.length > 0 && !this.services.access.isConnected(machine) && !this.#known.has(machine.key);
    if (quiet) return remembered.map(({ name }) => pathOf({ kind: 'stack', name }));
    if (!this.survey(machine.key)) {
      await this.#ask(machine);
      // the row above can say now how many there are
      if (this.survey(machine.key)) this.#changed.fire({ key: machine.key, path: ROOT });
    }
    const { survey, error } = this.#known.get(machine.key) ?? {};
    if (error !== undefined) return [pathOf({ kind: 'error' })];
    return [
      ...(survey?.stacks ?? []).map(({ name }) => pathOf({ kind: 'stack', name })),
      ...(survey?.apps ?? []).map(({ name }) => pathOfApp({ kind: 'app', name })),
      ...(survey?.others ?? []).map(({ name }) => pathOf({ kind: 'other', name })),
    ];
  }

  #app(key: MachineKey, name: string) {
    return this.survey(key)?.apps.find((app) => app.name === name);
  }

  #ask(machine: Machine): Promise<void> {
    const known = this.#known.get(machine.key) ?? { again: 0 };
    this.#known.set(machine.key, known);
    known.asking ??= this.#survey(machine, known).finally(() => delete known.asking);
    return known.asking;
  }

  async #survey(machine: Machine, known: Known): Promise<void> {
    try {
      known.survey = await this.stacks.survey(machine);
      delete known.error;
      this.#askAgain(machine, known);
    } catch (error) {
      delete known.survey;
      known.error = isCancelled(error) ? l10n.t('Not connected.') : sentenceOf(error);
    }
  }

  /** What starts or is in work is looked at until it is settled. */
  #askAgain(machine: Machine, known: Known): void {
    clearTimeout(known.timer);
    const { stacks = [], apps = [] } = known.survey ?? {};
    const restless =
      apps.some((app) => appCondition(app) === 'starting') ||
      stacks.some(
        ({ busy, services }) =>
          busy !== undefined || services.some(({ containers }) => containers.some(({ health }) => health === 'starting')),
      );
    if (!restless || known.again >= AGAIN_TIMES) {
      known.again = 0;
      return;
    }
    known.again++;
    known.timer = setTimeout(() => {
      const now = this.services.machines.get(machine.key);
      if (now && isReachable(now)) void this.refresh(now);
    }, AGAIN_MS);
  }

  #ended(key: MachineKey): void {
    const machine = this.services.machines.get(key);
    if (!machine || !isReachable(machine)) return;
    if (this.#known.has(key)) void this.refresh(machine);
    // a first deployment: the row is there by now
    else this.#changed.fire({ key });
  }

  #machineChanged(key: MachineKey): void {
    const machine = this.services.machines.get(key);
    const known = this.#known.get(key);
    if (!known || (machine && isReachable(machine))) return;
    clearTimeout(known.timer);
    this.#known.delete(key);
  }

  #rootItem(machine: Machine): vscode.TreeItem {
    const remembered = readDeployments(this.services.memento, machine.key).map(({ name }) => name);
    const survey = this.survey(machine.key);
    const empty = survey !== undefined && survey.stacks.length + survey.others.length + survey.apps.length === 0;
    return treeItem('', deploymentsRow(survey, remembered, true, l10n), empty ? None : remembered.length > 0 ? Expanded : Collapsed);
  }

  #rememberedItem(machine: Machine, name: string, now: number): vscode.TreeItem {
    const one = readDeployments(this.services.memento, machine.key).find((deployment) => deployment.name === name);
    if (!one) return treeItem('', gone(), None);
    const followed = this.isFollowed(machine, name);
    const item = treeItem('', rememberedRow(name, one.url, one.deployedAt, followed, now, l10n), Collapsed);
    item.tooltip = [one.name, one.url, one.root].filter((line) => line !== '').join('\n');
    return item;
  }

  #failed(machine: Machine, path: string): vscode.TreeItem {
    const sentence = this.#known.get(machine.key)?.error ?? l10n.t('Not asked.');
    const node = { kind: 'branch', branch: this.name, key: machine.key, path };
    return failedItem(sentence, 'deployments.error', {
      command: 'skylab.deployment.refresh',
      title: l10n.t('Try Again'),
      arguments: [node],
    });
  }
}

function stackTooltip(stack: Stack): string {
  const unit = stack.unit ? l10n.t('{0}: {1}, {2} at boot', stack.unit.name, stack.unit.active, stack.unit.enabled) : undefined;
  return [stack.name, stack.url, stack.folder, unit, stack.busy].filter((line) => line !== undefined && line !== '').join('\n');
}

function containerTooltip(container: Container): string {
  const since =
    container.startedAt === undefined ? '' : l10n.t('since {0}', new Date(container.startedAt).toLocaleString(vscode.env.language));
  return [container.name, `${containerText(container, l10n)} ${since}`.trim(), container.image, container.folder]
    .filter((line) => line !== '')
    .join('\n');
}

function gone(): Row {
  return { label: '', description: l10n.t('gone'), icon: { id: 'circle-slash' }, contextValue: 'gone', aria: l10n.t('gone') };
}
