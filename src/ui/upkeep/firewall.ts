import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { canonicalCidr } from '../../shared/cidr';
import type { FirewallFacts } from '../../core/upkeep/firewall/facts';
import { firewallFacts } from '../../core/upkeep/firewall/facts';
import type { WantedRule } from '../../core/upkeep/firewall/tasks';
import { addRule, allowed, removeRule, switchOff, switchOn } from '../../core/upkeep/firewall/tasks';
import type { UfwRule } from '../../core/upkeep/firewall/ufw';
import { ruleText } from '../../core/upkeep/firewall/ufw';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import type { CommandId } from '../ids';
import { busy } from '../notifications';
import { ask, wizard } from '../quick/wizard';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';
import { runTask } from './run';

export function firewallCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.firewall': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Firewall'));
      const { upkeep } = await ui.services.upkeep();
      const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, firewallFacts, signal));
      const act = await ask(l10n.t('Firewall of {0}', machine.name)).pick({
        placeholder: stateText(facts),
        items: items(ui, machine, facts),
      });
      await act();
    },
  };
}

type Act = () => unknown;
interface Item {
  readonly label: string;
  readonly description?: string;
  readonly value: Act;
}

function stateText({ ufw, other }: FirewallFacts): string {
  if (ufw?.active === true) return l10n.t('The firewall is on. Choose a rule to remove it.');
  return other === undefined ? l10n.t('The firewall is off.') : l10n.t('Another firewall guards this machine.');
}

function items(ui: Ui, machine: Machine, facts: FirewallFacts): readonly Item[] {
  const { ufw } = facts;
  const node: Node = { kind: 'machine', key: machine.key };
  const table: Item = {
    label: `$(plug) ${l10n.t('Show ports and firewall')}`,
    value: () => vscode.commands.executeCommand('skylab.setUp.ports' satisfies CommandId, node),
  };
  const on: Item = {
    label: `$(shield) ${ufw?.active === true ? l10n.t('Bring up to the mark') : l10n.t('Switch on…')}`,
    description: l10n.t('SSH first; everything else only when it is allowed'),
    value: () => askOn(ui, machine, facts),
  };
  if (ufw?.active !== true) return [on, table];
  return [
    { label: `$(add) ${l10n.t('Allow a port…')}`, value: () => askRule(ui, machine, 'allow') },
    { label: `$(circle-slash) ${l10n.t('Deny a port…')}`, value: () => askRule(ui, machine, 'deny') },
    table,
    ...(facts.docker && !facts.publishedObey ? [on] : []),
    ...ufw.rules
      .filter((rule) => !rule.v6 || !ufw.rules.some((other) => !other.v6 && ruleText(other) === ruleText(rule)))
      .map((rule): Item => ruleItem(rule, () => runTask(ui, machine, removeRule(rule)))),
    { label: `$(debug-stop) ${l10n.t('Switch off')}`, value: () => runTask(ui, machine, switchOff) },
  ];
}

function ruleItem(rule: UfwRule, remove: Act): Item {
  const lets = rule.action === 'allow' || rule.action === 'limit';
  const words = { allow: l10n.t('allows'), limit: l10n.t('limits'), deny: l10n.t('denies'), reject: l10n.t('denies') };
  return {
    label: `$(${lets ? 'pass' : 'error'}) ${words[rule.action]} ${ruleText(rule)}`,
    description: [rule.comment ?? '', l10n.t('choose to remove')].filter((one) => one !== '').join(' · '),
    value: remove,
  };
}

/** What answers today is offered, with what is meant for everybody checked. */
async function askOn(ui: Ui, machine: Machine, facts: FirewallFacts): Promise<void> {
  const outside = [...facts.listeners, ...facts.published].filter(
    ({ protocol, address }) => protocol === 'tcp' && !address.startsWith('127.') && address !== '::1',
  );
  const ports = [...new Set(outside.map(({ port }) => port))].filter((port) => !facts.ssh.includes(port)).sort((a, b) => a - b);
  const wanted =
    ports.length === 0
      ? []
      : await vscode.window.showQuickPick(
          ports.map((port) => choice(port, facts)),
          {
            title: l10n.t('Firewall of {0}', machine.name),
            placeHolder: l10n.t('SSH is allowed in any case. What else shall everybody reach?'),
            canPickMany: true,
          },
        );
  if (wanted === undefined) return;
  await runTask(ui, machine, switchOn(wanted.map(({ port }) => allowed(port))));
}

function choice(port: number, facts: FirewallFacts): vscode.QuickPickItem & { readonly port: number } {
  const containers = facts.published.filter((one) => one.port === port).map(({ container }) => container);
  const process = facts.listeners.find((one) => one.port === port && one.process !== undefined)?.process;
  return {
    label: String(port),
    description: containers.length > 0 ? [...new Set(containers)].join(', ') : (process ?? ''),
    picked: port === 80 || port === 443,
    port,
  };
}

async function askRule(ui: Ui, machine: Machine, action: 'allow' | 'deny'): Promise<void> {
  let [ports, protocol, from]: [string, WantedRule['protocol'], string] = ['', 'tcp', 'any'];
  await wizard(action === 'allow' ? l10n.t('Allow a port on {0}', machine.name) : l10n.t('Deny a port on {0}', machine.name), [
    async (one) => {
      const text = await one.input({
        prompt: l10n.t('Port, or a range'),
        placeholder: '8888, 8000-8100/tcp, 53/udp',
        value: ports,
        validate: (value) =>
          parsePorts(value) === undefined ? l10n.t('Type a port such as 8888, a range such as 8000-8100, or 53/udp.') : undefined,
      });
      ({ ports, protocol } = parsePorts(text) ?? { ports, protocol });
      return true;
    },
    async (one) => {
      from = await one.input({
        prompt: l10n.t('From where? Empty means from anywhere.'),
        placeholder: '203.0.113.10, 10.0.0.0/8',
        value: from === 'any' ? '' : from,
        validate: (value) =>
          value.trim() === '' || canonicalCidr(value.trim()) !== undefined ? undefined : l10n.t('Type an address or a block of addresses.'),
      });
      from = from.trim() === '' ? 'any' : (canonicalCidr(from.trim()) ?? from.trim());
      return true;
    },
  ]);
  await runTask(ui, machine, addRule({ action, protocol, ports, from: from.replace(/\/(32|128)$/, '') }));
}

function parsePorts(text: string): { ports: string; protocol: 'tcp' | 'udp' } | undefined {
  const [, first = '', last, protocol = 'tcp'] = /^\s*(\d{1,5})(?:\s*[-:]\s*(\d{1,5}))?(?:\/(tcp|udp))?\s*$/.exec(text) ?? [];
  const fits = (port: string): boolean => Number(port) >= 1 && Number(port) <= 65535;
  if (!fits(first) || (last !== undefined && (!fits(last) || Number(last) <= Number(first)))) return undefined;
  return { ports: last === undefined ? first : `${first}:${last}`, protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}
