import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { FrontEnd } from '../../core/openNebula/facts';
import { frontEnd } from '../../core/openNebula/facts';
import { cloudNameProblem } from '../../core/openNebula/group';
import { cpuProblem, createType, deleteType, typeNameProblem, typesOf } from '../../core/openNebula/types';
import { busy } from '../notifications';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import { EC2_GROUP } from './users';

type Type = ReturnType<typeof typesOf>[number];

export async function askTypes(ui: Ui, machine: Machine): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const look = frontEnd('onegroup', 'onetemplate', 'onevnet');
  const facts = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), (signal) => upkeep.look(machine, look, signal));
  const types = typesOf(facts);
  const act = await ask(l10n.t('Types of instances on {0}', machine.name)).pick<() => Promise<unknown>>({
    placeholder: types.length === 0 ? l10n.t('There are none: nothing can be launched yet') : l10n.t('Choose a type, or make one'),
    items: [
      { label: `$(add) ${l10n.t('Make a type…')}`, value: () => askType(ui, machine, facts) },
      ...types.map((type) => ({ ...row(type), value: () => askAct(ui, machine, facts, type) })),
    ],
  });
  await act();
}

function row({ type, cpu, memory, networks, group, mode, bringsDisk }: Type): vscode.QuickPickItem {
  const words = [
    l10n.t('{0} CPU', cpu),
    l10n.t('{0} MiB', memory),
    networks.length === 0 ? l10n.t('no network') : networks.join(', '),
    /^.[4-7]/.test(mode) || /[4-7]$/.test(mode) ? l10n.t('group {0}', group) : l10n.t('only its owner may use it'),
    bringsDisk ? l10n.t('brings a disk of its own') : '',
  ];
  return { label: `$(${bringsDisk ? 'warning' : 'server'}) ${type}`, description: words.filter((word) => word !== '').join(' · ') };
}

async function askType(ui: Ui, machine: Machine, facts: FrontEnd, there?: Type): Promise<void> {
  let [name, cpu, memory] = [there?.type ?? '', there?.cpu ?? '1', there?.memory ?? '1024'];
  let group = there?.group === undefined || there.group === 'oneadmin' ? EC2_GROUP : there.group;
  let network: number | undefined;
  await wizard(l10n.t('Type of instances on {0}', machine.name), [
    async (one) => {
      if (there !== undefined) return false;
      const validate = (text: string): string | undefined => typeNameProblem(text.trim());
      name = (await one.input({ prompt: l10n.t('Name, as a launch gives it'), placeholder: 'm1.small', value: name, validate })).trim();
      return true;
    },
    async (one) => {
      const validate = (text: string): string | undefined => cpuProblem(text.trim());
      cpu = (await one.input({ prompt: l10n.t('Processors, or part of one'), value: cpu, validate })).trim();
      return true;
    },
    async (one) => {
      const validate = (text: string): string | undefined =>
        /^\d{1,7}$/.test(text.trim()) && Number(text) >= 16 ? undefined : l10n.t('A whole number from 16 on.');
      memory = (await one.input({ prompt: l10n.t('Memory in MiB'), value: memory, validate })).trim();
      return true;
    },
    async (one) => {
      if (facts.networks.length === 0 || there !== undefined) return false;
      network = await one.pick<number | undefined>({
        placeholder: l10n.t('Network that its machines are in'),
        items: [
          ...facts.networks.map(({ id, name: label, ranges }) => ({
            label: `$(plug) ${label}`,
            description: ranges.map(({ ip, size }) => (size === 1 ? ip : l10n.t('{0} and {1} more', ip, size - 1))).join(', '),
            value: id,
          })),
          { label: `$(circle-slash) ${l10n.t('None')}`, value: undefined },
        ],
        active: (value) => value === network,
      });
      return true;
    },
    async (one) => {
      const validate = (text: string): string | undefined => cloudNameProblem(text.trim());
      group = (await one.input({ prompt: l10n.t('Group that may launch it'), value: group, validate })).trim();
      return true;
    },
  ]);
  const wanted = { name, cpu, memory: Number(memory), ...(network === undefined ? {} : { network }) };
  await runTask(ui, machine, createType(wanted, group));
}

async function askAct(ui: Ui, machine: Machine, facts: FrontEnd, type: Type): Promise<void> {
  const act = await ask(l10n.t('{0} on {1}', type.type, machine.name)).pick<() => Promise<unknown>>({
    placeholder: row(type).description ?? '',
    items: [
      { label: `$(edit) ${l10n.t('Other sizes, or another group…')}`, value: () => askType(ui, machine, facts, type) },
      {
        label: `$(trash) ${l10n.t('Delete…')}`,
        value: async () => {
          const yes = l10n.t('Delete the Type');
          const detail = l10n.t('Machines that run stay. This cannot be undone.');
          const sure = await vscode.window.showWarningMessage(l10n.t('Delete the type {0}?', type.type), { modal: true, detail }, yes);
          if (sure === yes) await runTask(ui, machine, deleteType(type.id));
        },
      },
    ],
  });
  await act();
}
