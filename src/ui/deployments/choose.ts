import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { readDeployments } from '../../core/deploy/remembered';
import type { Stack, Survey } from '../../core/deploy/stacks/survey';
import { SkylabError } from '../../core/errors';
import { allMachines } from '../commands/choose';
import { isReachable } from '../model/machineRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import type { DeploymentsBranch } from './branch';
import type { Place } from './place';
import { placeOf } from './place';

/** A stack or project on its machine, with the row's service and container where the command was called on one. */
export interface Chosen {
  readonly machine: Machine;
  readonly name: string;
  readonly owned: 'own' | 'other';
  readonly service?: string;
  /** A container's id. */
  readonly container?: string;
  readonly release?: string;
}

/**
 * What a command is for: the row that it was called on, or the person's choice among stacks.
 * @param branch knows what machines have said; without it, the choice is among what this window remembers
 */
export async function chooseStack(
  ui: Ui,
  branch: Pick<DeploymentsBranch, 'survey'> | undefined,
  arg: unknown,
  title: string,
): Promise<Chosen> {
  const ofRow = rowOf(ui, arg);
  if (ofRow) return ofRow;
  const machines = allMachines(ui).filter(isReachable);
  const all = machines.flatMap((machine) => {
    const survey = branch?.survey(machine.key);
    const known = survey ? survey.stacks : readDeployments(ui.services.memento, machine.key);
    return known.map(({ name, url }) => ({ machine, name, url }));
  });
  const [only] = all;
  if (!only) throw new SkylabError('Nothing is deployed there.', { next: 'Deploy a folder with a Compose file first.' });
  if (all.length === 1) return { machine: only.machine, name: only.name, owned: 'own' };
  const items = all.map(({ machine, name, url }) => ({
    label: `$(layers) ${name}`,
    description: [machine.name, url].filter((part) => part !== '').join(' · '),
    value: { machine, name, owned: 'own' as const },
  }));
  return ask(title).pick({ placeholder: l10n.t('Choose a site'), items });
}

/** The machine of a row of the branch, or of a machine's row. @throws SkylabError when it is gone */
function rowOf(ui: Ui, arg: unknown): Chosen | undefined {
  if (!isNode(arg) || arg.kind !== 'branch') return undefined;
  const place = placeOf(arg.path);
  if (!place || place.kind === 'error') return undefined;
  const machine = ui.services.machines.get(arg.key);
  if (!machine) throw new SkylabError('This machine is gone.', { next: 'Refresh the list.' });
  return { machine, name: place.name, owned: ownedOf(place), ...partsOf(place) };
}

const ownedOf = (place: Place): 'own' | 'other' => {
  if (place.kind === 'service' || place.kind === 'replica') return place.owned;
  return place.kind === 'other' ? 'other' : 'own';
};

function partsOf(place: Place): Pick<Chosen, 'service' | 'container' | 'release'> {
  if (place.kind === 'service') return { service: place.service };
  if (place.kind === 'replica') return { service: place.service, container: place.id };
  return place.kind === 'release' ? { release: place.id } : {};
}

/** What the machine said last, asked now where it was not asked yet. */
export async function surveyOf(ui: Ui, branch: DeploymentsBranch, machine: Machine): Promise<Survey> {
  const known = branch.survey(machine.key);
  if (known) return known;
  const stacks = await ui.services.stacks();
  return busy(l10n.t('Asking {0}', machine.name), (signal) => stacks.survey(machine, signal));
}

/** The stack as its machine tells it. @throws SkylabError when it is not there */
export async function stackOf(ui: Ui, branch: DeploymentsBranch, { machine, name }: Chosen): Promise<Stack> {
  const stack = (await surveyOf(ui, branch, machine)).stacks.find((one) => one.name === name);
  if (stack) return stack;
  throw new SkylabError(`${name} is not on ${machine.name} any more.`, { next: 'Somebody may have removed it; refresh the list.' });
}

/** A service by the row, the only one, or the person's choice. */
export async function chooseService(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, title: string): Promise<string> {
  if (chosen.service !== undefined) return chosen.service;
  const { services } = await stackOf(ui, branch, chosen);
  const [only] = services;
  if (!only) throw new SkylabError(`${chosen.name} has no containers now.`, { next: 'Start it first.' });
  if (services.length === 1) return only.name;
  const items = services.map(({ name, containers }) => ({
    label: `$(server-process) ${name}`,
    description: containers[0]?.image ?? '',
    value: name,
  }));
  return ask(title).pick({ placeholder: l10n.t('Choose a service'), items });
}

/** The output channel in which the logs of a stack, or of one service of it, are followed. */
export const channelName = (machine: Machine, what: string): string => l10n.t('{0} on {1}', what, machine.name);
