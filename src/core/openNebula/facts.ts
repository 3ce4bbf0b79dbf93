import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { rootScript } from '../upkeep/task';
import type { EconeFacts } from './econeFacts';
import { ECONE_SCRIPT, readEcone } from './econeFacts';
import { ONEADMIN } from './oneadmin';
import type { Element } from './xml';
import { all, below, parseXml, textAt } from './xml';

/** A user of OpenNebula. The stored password, which `oneuser list` tells too, is left out. */
export interface CloudUser {
  readonly id: number;
  readonly name: string;
  /** The main group. */
  readonly group: string;
  /** How it signs in: `core`, `public`, `ssh`, `server_cipher`, … */
  readonly driver: string;
  /** Virtual machines that it owns. */
  readonly machines: number;
}

/** A template of virtual machines. */
export interface CloudTemplate {
  readonly id: number;
  readonly name: string;
  readonly group: string;
  /** Octal, such as `640`. */
  readonly mode: string;
  /** EC2_INSTANCE_TYPE; absent where it is no type of instances. */
  readonly type?: string;
  readonly cpu: string;
  /** MiB. */
  readonly memory: string;
  /** Names or ids of networks. */
  readonly networks: readonly string[];
  /** Brings a disk or a way of booting of its own, which the image of an instance should bring. */
  readonly bringsDisk: boolean;
}

/** A virtual network. */
export interface CloudNetwork {
  readonly id: number;
  readonly name: string;
  readonly group: string;
  readonly mode: string;
  readonly ranges: readonly { readonly id: number; readonly ip: string; readonly size: number }[];
  readonly used: number;
}

/** A rule of access, in words: `@100 HOST/#1 MANAGE`; without the zone. */
interface AccessRule {
  readonly id: number;
  readonly rule: string;
}

/** A machine on which OpenNebula runs, as its own command line tells it. */
export interface FrontEnd {
  readonly users: readonly CloudUser[];
  readonly groups: readonly { readonly id: number; readonly name: string }[];
  readonly templates: readonly CloudTemplate[];
  readonly networks: readonly CloudNetwork[];
  readonly hosts: readonly { readonly id: number; readonly name: string }[];
  readonly rules: readonly AccessRule[];
  readonly econe: EconeFacts;
}

/** Lists that OpenNebula can be asked for; each is a start of its command line, which takes half a second. */
const LISTS = ['oneuser', 'onegroup', 'onetemplate', 'onevnet', 'onehost', 'oneacl', 'onevm'] as const;
type List = (typeof LISTS)[number];

// Of the machines only their owners are taken: the list itself may be long.
const SCRIPT = `${ONEADMIN}
if [ -z "$home" ] || ! command -v oneuser >/dev/null 2>&1; then echo none; exit 0; fi
err=$(mktemp); trap 'rm -f "$err"' EXIT
for name in "$@"; do
  case $name in onetemplate|onevnet|onevm) filter=a ;; *) filter= ;; esac
  if ! text=$(one "$name" list $filter --xml 2>"$err"); then
    printf 'failed %s\\n' "$(printf '%s\\n' "$text" | cat - "$err" | grep -v '^$' | head -n 3 | base64 | tr -d '\\n')"; exit 0
  elif [ "$name" = onevm ]; then printf '%s\\n' "$text" | sed -n 's:^ *<UID>\\([0-9]*\\)</UID>.*:\\1:p' | sort | uniq -c | sed 's/^ */machines /'
  else printf '%s %s\\n' "$name" "$(printf %s "$text" | base64 | tr -d '\\n')"; fi
done
${ECONE_SCRIPT}`;

/**
 * What an OpenNebula consists of, asked of its own command line as oneadmin, in one round trip. Changes nothing.
 * @param lists what is asked for; the others are empty in the answer
 */
export function frontEnd(...lists: readonly List[]): RemoteCommand<FrontEnd> {
  return { ...rootScript(`set +eu\n${SCRIPT}\nexit 0`, lists, 'ask OpenNebula'), parse: parseFrontEnd };
}

/** @throws SkylabError `NoFrontEnd`, `OnedSilent` */
export function parseFrontEnd(text: string): FrontEnd {
  const lists = new Map<string, Element>();
  const machines = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [key = '', value = '', more = ''] = line.split(' ');
    if (key === 'none') {
      throw new SkylabError('There is no OpenNebula on this machine.', {
        next: 'Choose the front end: the machine on which oneadmin works with oneuser.',
        code: 'NoFrontEnd',
      });
    }
    if (key === 'failed') {
      throw new SkylabError(`OpenNebula does not answer its own command line: ${Buffer.from(value, 'base64').toString('utf8').trim()}`, {
        next: 'See whether the service opennebula runs, and what /var/log/one/oned.log says.',
        code: 'OnedSilent',
      });
    }
    if (key === 'machines') machines.set(more, Number(value));
    else if (LISTS.some((name) => name === key)) lists.set(key, listOf(key, value));
  }
  const rows = (list: List, name: string): readonly Element[] => all(lists.get(list), name);
  return {
    users: rows('oneuser', 'USER').map((row) => ({
      id: idOf(row),
      name: textAt(row, 'NAME'),
      group: textAt(row, 'GNAME'),
      driver: textAt(row, 'AUTH_DRIVER'),
      machines: machines.get(textAt(row, 'ID')) ?? 0,
    })),
    groups: rows('onegroup', 'GROUP').map(named),
    templates: rows('onetemplate', 'VMTEMPLATE').map(templateOf),
    networks: rows('onevnet', 'VNET').map(networkOf),
    hosts: rows('onehost', 'HOST').map(named),
    rules: rows('oneacl', 'ACL').map((row) => ({ id: idOf(row), rule: textAt(row, 'STRING').split(' ').slice(0, 3).join(' ') })),
    econe: readEcone(text),
  };
}

function listOf(name: string, base64: string): Element {
  try {
    return parseXml(Buffer.from(base64, 'base64').toString('utf8').trim());
  } catch (error) {
    throw new SkylabError(`${name} has not printed a list in XML.`, { next: 'Try again.', code: 'OnedSilent', cause: error });
  }
}

const idOf = (row: Element): number => Number(textAt(row, 'ID'));
const named = (row: Element): { readonly id: number; readonly name: string } => ({ id: idOf(row), name: textAt(row, 'NAME') });

function modeOf(row: Element): string {
  const rights = below(row, 'PERMISSIONS');
  return ['OWNER', 'GROUP', 'OTHER']
    .map((who) => [4, 2, 1].reduce((sum, bit, at) => sum + (textAt(rights, `${who}_${'UMA'.charAt(at)}`) === '1' ? bit : 0), 0))
    .join('');
}

function templateOf(row: Element): CloudTemplate {
  const template = below(row, 'TEMPLATE');
  const type = textAt(template, 'EC2_INSTANCE_TYPE');
  return {
    ...named(row),
    group: textAt(row, 'GNAME'),
    mode: modeOf(row),
    ...(type === '' ? {} : { type }),
    cpu: textAt(template, 'CPU'),
    memory: textAt(template, 'MEMORY'),
    networks: all(template, 'NIC').map((nic) => textAt(nic, 'NETWORK') || textAt(nic, 'NETWORK_ID')),
    bringsDisk: below(template, 'DISK') !== undefined || ['KERNEL', 'BOOTLOADER'].some((key) => textAt(template, 'OS', key) !== ''),
  };
}

function networkOf(row: Element): CloudNetwork {
  return {
    ...named(row),
    group: textAt(row, 'GNAME'),
    mode: modeOf(row),
    ranges: all(below(row, 'AR_POOL'), 'AR').map((range) => ({
      id: Number(textAt(range, 'AR_ID')),
      ip: textAt(range, 'IP'),
      size: Number(textAt(range, 'SIZE')),
    })),
    used: Number(textAt(row, 'USED_LEASES')),
  };
}
