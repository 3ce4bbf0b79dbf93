import { isIPv4 } from 'node:net';
import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { Change, Task } from '../upkeep/task';
import { rootScript } from '../upkeep/task';
import { replaceKept } from './econe';
import type { CloudNetwork, FrontEnd } from './facts';
import { frontEnd } from './facts';
import { missingGroup } from './group';
import { ONEADMIN, oneChange, oneScript, WITH_FILE } from './oneadmin';
import { all, below, parseXml, textAt } from './xml';

/** The network of the elastic addresses: each one a range of its own, as econe-server wants it. */
export interface WantedElastic {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Of the hosts; econe-server itself does not use it. */
  readonly bridge: string;
}

/** What is wrong with a name for a network, as a sentence; undefined when it is right. */
export function networkNameProblem(name: string): string | undefined {
  if (name === '') return 'A name is missing.';
  return /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(name) ? undefined : 'Letters, digits, “.”, “_” and “-”, beginning with a letter.';
}

/** What is wrong with an elastic address, as a sentence; undefined when it is right. */
export const addressProblem = (address: string): string | undefined =>
  isIPv4(address) ? undefined : `“${address}” is no address of IPv4, such as 192.0.2.10.`;

const rangeText = (address: string): string => `AR = [ TYPE = "IP4", IP = "${address}", SIZE = "1" ]\n`;

/** A network as `onevnet` reads it. Releases from 5.0 on want a driver; the dummy one changes nothing on the hosts. */
export function elasticText({ name, addresses, bridge }: WantedElastic): string {
  return `NAME = "${name}"\nVN_MAD = "dummy"\nBRIDGE = "${bridge}"\n${addresses.map(rangeText).join('')}`;
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** True where one of the network's ranges has that address. */
export function hasAddress({ ranges }: Pick<CloudNetwork, 'ranges'>, address: string): boolean {
  const wanted = numberOf(address);
  return ranges.some(({ ip, size }) => isIPv4(ip) && wanted >= numberOf(ip) && wanted < numberOf(ip) + size);
}

/** Makes the network of the elastic addresses, or adds those that it lacks. It stays oneadmin's: nobody else needs a right to it. */
export function addElastic(wanted: WantedElastic): Task<FrontEnd> {
  const { name, addresses, bridge } = wanted;
  const title = `Elastic addresses in ${name}`;
  return {
    id: 'openNebula.elastic',
    title,
    look: frontEnd('onevnet'),
    plan(facts) {
      const problem =
        networkNameProblem(name) ?? networkNameProblem(bridge) ?? addresses.map(addressProblem).find((one) => one !== undefined);
      if (problem !== undefined) throw new SkylabError(`The network “${name}”: ${problem}`, { code: 'NotANetwork' });
      const there = facts.networks.find((one) => one.name === name);
      if (there !== undefined) {
        const missing = addresses.filter((address) => !hasAddress(there, address));
        const changes = missing.map((address) => addAddress(there, address));
        return { acts: changes.length === 0 ? [] : [{ name: 'elastic', title, changes }] };
      }
      const line = `makes the network ${name} with ${addresses.join(', ')}, each in a range of its own`;
      const create: Change = {
        line,
        command: oneScript(`${WITH_FILE}with_file onevnet create`, [], line, elasticText(wanted)),
        undo: oneScript('onevnet delete "$1"', [name], `remove the network ${name}`),
      };
      return { acts: [{ name: 'elastic', title, changes: [create] }] };
    },
  };
}

/** Shell that finds the range of an address and removes it. Parameters: network, address. */
const REMOVE_RANGE = `id=$(onevnet show "$1" --xml | tr -d '\\n ' | sed 's:<AR>:\\n&:g' |
  sed -n "s:^<AR><AR_ID>\\(<!.CDATA.\\)\\{0,1\\}\\([0-9]*\\).*<IP>\\(<!.CDATA.\\)\\{0,1\\}$2[]<].*:\\2:p" | head -n 1)
if [ -n "$id" ]; then onevnet rmar "$1" "$id"; fi`;

function addAddress({ id, name }: CloudNetwork, address: string): Change {
  const line = `adds ${address} to ${name}`;
  return {
    line,
    command: oneScript(`${WITH_FILE}with_file onevnet addar "$1"`, [String(id)], line, rangeText(address)),
    undo: oneScript(REMOVE_RANGE, [String(id), address], `remove ${address} from ${name}`),
  };
}

/** Takes an address out of a network; OpenNebula itself refuses while it is used. */
export function removeAddress(networkId: number, address: string): Task<FrontEnd> {
  const title = `Remove ${address}`;
  return {
    id: 'openNebula.elastic.remove',
    title,
    look: frontEnd('onevnet'),
    plan(facts) {
      const network = facts.networks.find(({ id }) => id === networkId);
      if (network === undefined || !network.ranges.some(({ ip, size }) => ip === address && size === 1)) return { acts: [] };
      const change = oneChange(`takes ${address} out of ${network.name}`, REMOVE_RANGE, [String(networkId), address]);
      return { acts: [{ name: 'remove', title, changes: [change] }] };
    },
  };
}

/** An address of a network that somebody has. */
export interface Lease {
  readonly address: string;
  /** The virtual machine that it is at. */
  readonly machine?: number;
  /** The user who has allocated it as an elastic address. */
  readonly user?: number;
}

/** Who has which address of a network. */
export function leasesOf(networkId: number): RemoteCommand<readonly Lease[]> {
  const argument = String(networkId);
  return { ...rootScript(`${ONEADMIN}\none onevnet show "$1" --xml`, [argument], 'list the leases'), parse: parseLeases };
}

/** econe-server keeps whose an elastic address is in the network's own template (`EC2_ADDRESSES`, elastic_ip.rb). */
export function parseLeases(text: string): readonly Lease[] {
  const network = parseXml(text.trim());
  const elastic = all(below(network, 'TEMPLATE'), 'EC2_ADDRESSES');
  return all(below(network, 'AR_POOL'), 'AR').flatMap((range) =>
    all(below(range, 'LEASES'), 'LEASE').map((lease): Lease => {
      const address = textAt(lease, 'IP');
      const allocated = elastic.find((one) => textAt(one, 'IP') === address);
      const machine = textAt(allocated, 'VMID') || textAt(lease, 'VM');
      const user = textAt(allocated, 'UID');
      return {
        address,
        ...(/^\d+$/.test(machine) ? { machine: Number(machine) } : {}),
        ...(/^\d+$/.test(user) ? { user: Number(user) } : {}),
      };
    }),
  );
}

const NIC = /(^[ \t]*NIC[ \t]*=[ \t]*\[[ \t]*NETWORK_ID[ \t]*=[ \t]*)("?[^\],\s"]+"?)/gm;

/** A template of econe-server with that network in its only NIC; the same text where it has none, or several. */
export function withNetwork(text: string, networkId: number): string {
  const found = [...text.matchAll(NIC)];
  return found.length === 1 ? text.replace(NIC, (_, head: string) => `${head}${networkId}`) : text;
}

/** Lets a group take addresses of a network, and has the templates in files use it. */
export function shareNetwork(networkId: number, group: string): Task<FrontEnd> {
  return {
    id: 'openNebula.network',
    title: `Let ${group} use a network`,
    look: frontEnd('onegroup', 'onevnet'),
    plan(facts) {
      const network = facts.networks.find(({ id }) => id === networkId);
      if (network === undefined)
        throw new SkylabError(`There is no network ${networkId} any more.`, { next: 'Choose another one.', code: 'NoNetwork' });
      const id = String(networkId);
      const back = `give ${network.name} back`;
      const changes: Change[] = [...missingGroup(facts, group)];
      if (network.group !== group) {
        changes.push(
          oneChange(`gives the network ${network.name} to the group ${group}`, 'onevnet chgrp "$1" "$2"', [id, group], {
            undo: oneScript('onevnet chgrp "$1" "$2"', [id, network.group], back),
          }),
        );
      }
      if (network.mode !== '640') {
        changes.push(
          oneChange(`lets ${group} take addresses of it (640 instead of ${network.mode})`, 'onevnet chmod "$1" 640', [id], {
            undo: oneScript('onevnet chmod "$1" "$2"', [id, network.mode], back),
          }),
        );
      }
      const files = facts.econe.templates
        .map(({ path, text }) => ({ path, before: text, after: withNetwork(text, networkId) }))
        .filter(({ before, after }) => before !== after);
      for (const { path, before, after } of files) {
        const line = `writes ${path}: its network is ${network.name} (counts only with :use_file_templates:)`;
        const put = (text: string): RemoteCommand => rootScript(replaceKept(), [path], `write ${path}`, text);
        changes.push({ line, command: put(after), undo: put(before) });
      }
      const title = `Let ${group} use ${network.name}`;
      return { acts: changes.length === 0 ? [] : [{ name: 'network', title, changes }], files };
    },
  };
}
