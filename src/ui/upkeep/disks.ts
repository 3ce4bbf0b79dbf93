import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { BlockDevice, DiskFacts } from '../../core/upkeep/disks/facts';
import { moveDocker } from '../../core/upkeep/disks/docker';
import { diskFacts } from '../../core/upkeep/disks/facts';
import { mountRemote, unmountRemote } from '../../core/upkeep/disks/remote';
import { mountProblem, releaseDisk, useDisk } from '../../core/upkeep/disks/tasks';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { bytesText } from '../model/bytes';
import { busy } from '../notifications';
import { ask, required, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from './run';

type Act = () => Promise<unknown>;

export function diskCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.disks': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Disks'));
      const { upkeep } = await ui.services.upkeep();
      const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, diskFacts(), signal));
      const act = await ask(l10n.t('Disks of {0}', machine.name)).pick<Act>({
        placeholder: l10n.t('Choose a disk, or what to mount'),
        items: [
          ...facts.devices
            .filter(({ kind }) => kind !== 'other')
            .map((device) => ({ ...diskRow(device), value: () => askDisk(ui, machine, device, facts) })),
          {
            label: `$(remote-explorer) ${l10n.t('Mount a folder of another machine…')}`,
            description: 'sshfs',
            value: () => askRemote(ui, machine),
          },
          ...facts.remotes.map(({ what, where, active }) => ({
            label: `$(${active ? 'pass' : 'error'}) ${where}`,
            description: [what, l10n.t('choose to unmount')].join(' · '),
            value: () => runTask(ui, machine, unmountRemote(where)),
          })),
        ],
      });
      await act();
    },
  };
}

function diskRow({ path, size, fileSystem, mounts, blank, model }: BlockDevice): { label: string; description: string } {
  const use = mounts.length > 0 ? mounts.join(', ') : blank ? l10n.t('blank') : l10n.t('not mounted');
  return {
    label: `$(database) ${path}`,
    description: [bytesText(size), fileSystem ?? '', use, model ?? ''].filter((one) => one !== '').join(' · '),
  };
}

async function askDisk(ui: Ui, machine: Machine, device: BlockDevice, facts: DiskFacts): Promise<void> {
  const [mount] = device.mounts.filter((one) => mountProblem(one) === undefined);
  if (mount !== undefined) {
    const act = await ask(l10n.t('{0} on {1}', device.path, machine.name)).pick<Act>({
      placeholder: mount,
      items: [
        ...(facts.dockerRoot === undefined
          ? []
          : [
              {
                label: `$(package) ${l10n.t('Move Docker’s data here…')}`,
                description: facts.dockerRoot,
                value: () => runTask(ui, machine, moveDocker(mount)),
              },
            ]),
        {
          label: `$(close) ${l10n.t('Unmount')}`,
          description: l10n.t('what is on it stays'),
          value: () => runTask(ui, machine, releaseDisk(mount)),
        },
      ],
    });
    await act();
    return;
  }
  let [format, inodes, place]: ['ext4' | 'xfs', string, string] = ['ext4', '', '/data'];
  await wizard(l10n.t('Use {0} on {1}', device.path, machine.name), [
    async (one) => {
      if (!device.blank) return false;
      format = await one.pick<'ext4' | 'xfs'>({
        placeholder: l10n.t('It is blank. Which file system?'),
        items: [
          { label: 'ext4', description: l10n.t('what most use'), value: 'ext4' },
          { label: 'xfs', description: l10n.t('for many large files; makes room for files as needed'), value: 'xfs' },
        ],
      });
      return true;
    },
    async (one) => {
      if (!device.blank || format !== 'ext4') return false;
      inodes = await one.input({
        prompt: l10n.t('How many files shall it hold? Empty for what is usual.'),
        value: inodes,
        validate: (value) => (/^\d*$/.test(value.trim()) ? undefined : l10n.t('Type a whole number.')),
      });
      return true;
    },
    async (one) => {
      place = (
        await one.input({ prompt: l10n.t('Where shall it be found?'), value: place, validate: (value) => mountProblem(value.trim()) })
      ).trim();
      return true;
    },
  ]);
  await runTask(
    ui,
    machine,
    useDisk({ device: device.path, mount: place, format, ...(inodes.trim() === '' ? {} : { inodes: Number(inodes) }) }),
  );
}

async function askRemote(ui: Ui, machine: Machine): Promise<void> {
  let [from, mount, identityFile, writable]: [string, string, string, boolean] = ['', '/mnt/data', '/root/.ssh/id_ed25519', false];
  await wizard(l10n.t('Mount over SSH on {0}', machine.name), [
    async (one) => {
      from = await one.input({
        prompt: l10n.t('The other machine and its folder'),
        placeholder: 'data@store.example.org:/export',
        value: from,
        validate: (value) => (/^[^@\s]+@[^:\s]+:\S*$/.test(value.trim()) ? undefined : l10n.t('Type it as user@host:/folder.')),
      });
      return true;
    },
    async (one) => {
      mount = (
        await one.input({ prompt: l10n.t('Where shall it be found?'), value: mount, validate: (value) => mountProblem(value.trim()) })
      ).trim();
      return true;
    },
    async (one) => {
      identityFile = await one.input({
        prompt: l10n.t('Private key on {0} that the other machine lets in', machine.name),
        value: identityFile,
        validate: required(l10n.t('a file')),
      });
      return true;
    },
    async (one) => {
      writable = await one.pick({
        placeholder: l10n.t('What may be done there?'),
        items: [
          { label: l10n.t('Read only'), value: false },
          { label: l10n.t('Read and write'), value: true },
        ],
      });
      return true;
    },
  ]);
  const cut = from.trim().indexOf(':');
  const wish = {
    host: from.trim().slice(0, cut),
    port: 22,
    folder: from.trim().slice(cut + 1),
    mount,
    writable,
    identityFile: identityFile.trim(),
  };
  await runTask(ui, machine, mountRemote(wish));
}
