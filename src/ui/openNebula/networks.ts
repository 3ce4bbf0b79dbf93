import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { setEcone } from '../../core/openNebula/econe';
import { readEconeConf } from '../../core/openNebula/econeConf';
import type { CloudNetwork, FrontEnd } from '../../core/openNebula/facts';
import { frontEnd } from '../../core/openNebula/facts';
import { allowsAllHosts, cloudNameProblem, removeRule, setUpGroup } from '../../core/openNebula/group';
import { addElastic, addressProblem, leasesOf, networkNameProblem, removeAddress, shareNetwork } from '../../core/openNebula/networks';
import { busy } from '../notifications';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import { EC2_GROUP } from './users';

type Act = () => Promise<unknown>;

/** Networks: from which machines have their addresses, and the one of the elastic addresses. */
export async function askNetworks(ui: Ui, machine: Machine): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const look = frontEnd('onevnet');
  const facts = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), (signal) => upkeep.look(machine, look, signal));
  const elastic = elasticOf(facts);
  const act = await ask(l10n.t('Networks of OpenNebula on {0}', machine.name)).pick<Act>({
    placeholder: l10n.t('Choose a network, or what to add'),
    items: [
      {
        label: `$(add) ${l10n.t('Add elastic addresses…')}`,
        description: elastic === undefined ? l10n.t('there is no network for them yet') : l10n.t('to {0}', elastic.name),
        value: () => askElastic(ui, machine, elastic),
      },
      ...facts.networks.map((network) => ({
        label: `$(${network.id === elastic?.id ? 'globe' : 'plug'}) ${network.name}`,
        description: [
          network.ranges.map(({ ip, size }) => (size === 1 ? ip : l10n.t('{0} and {1} more', ip, size - 1))).join(', '),
          l10n.t('{0} used', network.used),
          l10n.t('group {0}', network.group),
          network.id === elastic?.id ? l10n.t('elastic addresses') : '',
        ]
          .filter((word) => word !== '')
          .join(' · '),
        value: () => askNetwork(ui, machine, network, network.id === elastic?.id),
      })),
    ],
  });
  await act();
}

function elasticOf({ networks, econe }: FrontEnd): CloudNetwork | undefined {
  const id = readEconeConf(econe.conf ?? '').get('elasticips_vnet_id');
  return networks.find((network) => String(network.id) === id);
}

const wordsOf = (text: string): readonly string[] => [...new Set(text.split(/[\s,;]+/).filter((word) => word !== ''))];

async function askElastic(ui: Ui, machine: Machine, there: CloudNetwork | undefined): Promise<void> {
  let [name, bridge, addresses]: [string, string, readonly string[]] = [there?.name ?? 'ElasticIPs', 'br0', []];
  await wizard(l10n.t('Elastic addresses on {0}', machine.name), [
    async (one) => {
      if (there !== undefined) return false;
      const validate = (text: string): string | undefined => networkNameProblem(text.trim());
      name = (await one.input({ prompt: l10n.t('Name of their network'), value: name, validate })).trim();
      return true;
    },
    async (one) => {
      addresses = wordsOf(
        await one.input({
          prompt: l10n.t('Public addresses, separated by blanks or commas'),
          placeholder: '192.0.2.10 192.0.2.11',
          value: addresses.join(' '),
          validate: (text) =>
            wordsOf(text).length === 0
              ? addressProblem('')
              : wordsOf(text)
                  .map(addressProblem)
                  .find((problem) => problem !== undefined),
        }),
      );
      return true;
    },
    async (one) => {
      if (there !== undefined) return false;
      const validate = (text: string): string | undefined => networkNameProblem(text.trim());
      bridge = (await one.input({ prompt: l10n.t('Bridge of the hosts that they arrive at'), value: bridge, validate })).trim();
      return true;
    },
  ]);
  await runTask(ui, machine, addElastic({ name, bridge, addresses }));
  if (there !== undefined) return;
  // the number of the network is known only now
  const { upkeep } = await ui.services.upkeep();
  const facts = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), (signal) => upkeep.look(machine, frontEnd('onevnet'), signal));
  const made = facts.networks.find((network) => network.name === name);
  if (made !== undefined && facts.econe.conf !== undefined) await runTask(ui, machine, setEcone({ elasticips_vnet_id: String(made.id) }));
}

async function askNetwork(ui: Ui, machine: Machine, network: CloudNetwork, isElastic: boolean): Promise<void> {
  const act = await ask(l10n.t('{0} of OpenNebula on {1}', network.name, machine.name)).pick<Act>({
    placeholder: l10n.t('Choose what to do'),
    items: [
      { label: `$(list-unordered) ${l10n.t('Who has which address')}`, value: () => showLeases(ui, machine, network) },
      ...(isElastic
        ? network.ranges
            .filter(({ size }) => size === 1)
            .map(({ ip }) => ({
              label: `$(trash) ${l10n.t('Take {0} out', ip)}`,
              value: () => runTask(ui, machine, removeAddress(network.id, ip)),
            }))
        : [
            {
              label: `$(organization) ${l10n.t('Let a group use it…')}`,
              description: l10n.t('for machines that are launched by way of EC2'),
              value: async () => {
                const group = await ask(l10n.t('Let a group use {0}', network.name)).input({
                  prompt: l10n.t('Group; it is made where it is missing'),
                  value: EC2_GROUP,
                  validate: (text) => cloudNameProblem(text.trim()),
                });
                await runTask(ui, machine, shareNetwork(network.id, group.trim()));
              },
            },
            {
              label: `$(globe) ${l10n.t('Take the elastic addresses from it')}`,
              description: l10n.t('each of them has to be a range of its own'),
              value: () => runTask(ui, machine, setEcone({ elasticips_vnet_id: String(network.id) })),
            },
          ]),
    ],
  });
  await act();
}

async function showLeases(ui: Ui, machine: Machine, network: CloudNetwork): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const [leases, { users }] = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), async (signal) => [
    await upkeep.look(machine, leasesOf(network.id), signal),
    await upkeep.look(machine, frontEnd('oneuser'), signal),
  ]);
  const rows = leases.map(({ address, machine: vm, user }) => {
    const owner = user === undefined ? '' : (users.find(({ id }) => id === user)?.name ?? String(user));
    return `| ${address} | ${owner} | ${vm === undefined ? '' : `i-${String(vm).padStart(8, '0')}`} |`;
  });
  const head = [`| ${l10n.t('Address')} | ${l10n.t('Allocated by')} | ${l10n.t('Machine')} |`, '| --- | --- | --- |'];
  const table = rows.length === 0 ? [l10n.t('No address is in use.')] : [...head, ...rows];
  await ui.documents.showText(`${network.name}.md`, `# ${network.name}\n\n${table.join('\n')}\n`);
}

/** The group that EC2's users are in, and the hosts that it may run machines on. */
export async function askGroup(ui: Ui, machine: Machine): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const look = frontEnd('onegroup', 'onehost', 'oneacl');
  const facts = await busy(l10n.t('Asking OpenNebula on {0}', machine.name), (signal) => upkeep.look(machine, look, signal));
  const title = l10n.t('Groups of OpenNebula on {0}', machine.name);
  const act = await ask(title).pick<Act>({
    placeholder: l10n.t('Choose a group to say on which hosts its machines may run'),
    items: [
      ...(facts.groups.some(({ name }) => name === EC2_GROUP)
        ? []
        : [{ label: `$(add) ${l10n.t('Make the group {0}…', EC2_GROUP)}`, value: () => askHosts(ui, machine, facts, EC2_GROUP) }]),
      ...facts.groups
        .filter(({ id }) => id !== 0)
        .map(({ id, name }) => ({
          label: `$(organization) ${name}`,
          description: allowsAllHosts(facts, id) ? l10n.t('may use every host') : '',
          value: () => askHosts(ui, machine, facts, name),
        })),
      ...facts.rules
        .filter(({ rule }) => /^@\d+ HOST\/#/.test(rule))
        .map(({ id, rule }) => ({
          label: `$(trash) ${l10n.t('Take away the rule {0}', rule)}`,
          value: () => runTask(ui, machine, removeRule(id)),
        })),
    ],
  });
  await act();
}

async function askHosts(ui: Ui, machine: Machine, { hosts }: FrontEnd, group: string): Promise<void> {
  const chosen =
    hosts.length === 0
      ? []
      : await vscode.window.showQuickPick(
          hosts.map(({ id, name }) => ({ label: name, description: `#${id}`, id })),
          { title: l10n.t('Hosts for {0}', group), placeHolder: l10n.t('On which hosts may its machines run?'), canPickMany: true },
        );
  if (chosen !== undefined) {
    await runTask(
      ui,
      machine,
      setUpGroup(
        group,
        chosen.map(({ id }) => id),
      ),
    );
  }
}
