import { SkylabError } from '../errors';
import type { Change, Task } from '../upkeep/task';
import type { CloudTemplate, FrontEnd } from './facts';
import { frontEnd } from './facts';
import { missingGroup } from './group';
import { oneChange, oneScript, WITH_FILE } from './oneadmin';

/** A type of instances, as a launch names it. */
export interface WantedType {
  /** Of the template and of the type: `m1.small`. */
  readonly name: string;
  /** Part of a processor, or several: `0.5`, `2`. */
  readonly cpu: string;
  /** MiB. */
  readonly memory: number;
  /** Id of the network that its machines are in. */
  readonly network?: number;
}

/** What is wrong with the name of a type, as a sentence; undefined when it is right. */
export function typeNameProblem(name: string): string | undefined {
  if (name === '') return 'A name is missing.';
  return /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(name) ? undefined : 'Letters, digits, “.”, “_” and “-”, beginning with a letter.';
}

/** What is wrong with a number of processors, as a sentence; undefined when it is right. */
export function cpuProblem(cpu: string): string | undefined {
  return /^\d{1,4}(\.\d{1,3})?$/.test(cpu) && Number(cpu) > 0 ? undefined : 'A number above 0, such as 1 or 0.5.';
}

/** The types of instances that there are. */
export const typesOf = ({ templates }: FrontEnd): readonly (CloudTemplate & { readonly type: string })[] =>
  templates.flatMap((one) => (one.type === undefined ? [] : [{ ...one, type: one.type }]));

/** A template as `onetemplate` reads it: without disk or kernel, which the image of an instance brings. */
export function templateText({ name, cpu, memory, network }: WantedType): string {
  return `${[
    `NAME = "${name}"`,
    `EC2_INSTANCE_TYPE = "${name}"`,
    `CPU = "${cpu}"`,
    `MEMORY = "${memory}"`,
    ...(network === undefined ? [] : [`NIC = [ NETWORK_ID = "${network}" ]`]),
  ].join('\n')}\n`;
}

/** All of it or nothing: a template that the group may not use yet would be seen by nobody. */
const CREATE = `${WITH_FILE}said=$(with_file onetemplate create) || { printf '%s\\n' "$said"; exit 1; }
id=\${said##*ID: }
onetemplate chgrp "$id" "$1" && onetemplate chmod "$id" "$2" || { onetemplate delete "$id"; exit 1; }`;

/** The rights by which the group may use what oneadmin owns. */
const MODE = '640';

/** Makes a type of instances that a group may launch; one that is there is brought to these sizes and rights. */
export function createType(wanted: WantedType, group: string): Task<FrontEnd> {
  const { name, cpu, memory } = wanted;
  const title = `Make the type ${name}`;
  return {
    id: 'openNebula.types.create',
    title,
    look: frontEnd('onegroup', 'onetemplate', 'onevnet'),
    plan(facts) {
      const problem = typeNameProblem(name) ?? cpuProblem(cpu);
      if (problem !== undefined) throw new SkylabError(`The type “${name}”: ${problem}`, { code: 'NotAType' });
      const net = wanted.network === undefined ? undefined : facts.networks.find(({ id }) => id === wanted.network);
      if (wanted.network !== undefined && net === undefined)
        throw new SkylabError(`There is no network ${wanted.network} any more.`, { next: 'Choose another one.', code: 'NoNetwork' });
      const there = typesOf(facts).find(({ type }) => type === name);
      const made = missingGroup(facts, group);
      const changes = there === undefined ? [create(wanted, group, net?.name)] : fitting(there, wanted, group);
      const notes = [
        ...(there?.bringsDisk === true
          ? [`${name} brings a disk or a kernel of its own, besides the image’s: edit it with onetemplate update.`]
          : []),
        ...(there !== undefined && net !== undefined && !there.networks.some((one) => one === net.name || one === String(net.id))
          ? [`${name} is there already with other networks (${there.networks.join(', ') || 'none'}), which stay.`]
          : []),
        ...(there === undefined && net === undefined ? ['Machines of this type will be in no network.'] : []),
      ];
      return { acts: changes.length === 0 ? [] : [{ name: 'type', title, changes: [...made, ...changes] }], notes };
    },
  };

  function create(type: WantedType, owner: string, network: string | undefined): Change {
    const where = network === undefined ? '' : `, in the network ${network}`;
    const line = `makes the type ${name}: ${cpu} CPU, ${memory} MiB${where}, for the group ${owner}`;
    return {
      line,
      command: oneScript(CREATE, [owner, MODE], line, templateText(type)),
      undo: oneScript('onetemplate delete "$1"', [name], `remove the type ${name}`),
    };
  }

  function fitting(there: CloudTemplate, type: WantedType, owner: string): readonly Change[] {
    const id = String(there.id);
    const sizes = (cpus: string, mib: string): string => `CPU = "${cpus}"\nMEMORY = "${mib}"\n`;
    const update = `${WITH_FILE}with_file onetemplate update --append "$1"`;
    const sized = Number(there.cpu) === Number(type.cpu) && Number(there.memory) === type.memory;
    const line = `gives the type ${name} ${cpu} CPU and ${memory} MiB instead of ${there.cpu} and ${there.memory}`;
    return [
      ...(sized
        ? []
        : [
            {
              line,
              command: oneScript(update, [id], line, sizes(cpu, String(memory))),
              undo: oneScript(update, [id], `give ${name} its sizes back`, sizes(there.cpu, there.memory)),
            },
          ]),
      ...(there.group === owner
        ? []
        : [
            oneChange(`gives the type ${name} to the group ${owner}`, 'onetemplate chgrp "$1" "$2"', [id, owner], {
              undo: oneScript('onetemplate chgrp "$1" "$2"', [id, there.group], `give ${name} back to ${there.group}`),
            }),
          ]),
      ...(there.mode === MODE
        ? []
        : [
            oneChange(`lets the group use ${name} (${MODE} instead of ${there.mode})`, 'onetemplate chmod "$1" "$2"', [id, MODE], {
              undo: oneScript('onetemplate chmod "$1" "$2"', [id, there.mode], `give ${name} its rights back`),
            }),
          ]),
    ];
  }
}

/** Deletes the template of a type; machines that run stay. */
export function deleteType(id: number): Task<FrontEnd> {
  return {
    id: 'openNebula.types.delete',
    title: 'Delete a type of instances',
    look: frontEnd('onetemplate'),
    plan(facts) {
      const type = typesOf(facts).find((one) => one.id === id);
      if (type === undefined) return { acts: [] };
      const change = oneChange(`deletes the type ${type.type}; machines that run stay`, 'onetemplate delete "$1"', [String(id)]);
      return { acts: [{ name: 'delete', title: `Delete ${type.type}`, changes: [change] }] };
    },
  };
}
