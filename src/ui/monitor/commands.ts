import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { cleanPackages, KEPT_JOURNAL, vacuumJournal, whatFills } from '../../core/upkeep/monitor/filling';
import type { DiskReading } from '../../core/upkeep/monitor/reading';
import { chooseMachine } from '../commands/choose';
import { openTerminalAt } from '../commands/connect';
import type { Handlers } from '../commands/registry';
import type { CommandId } from '../ids';
import { bytesText } from '../model/bytes';
import { diskRow } from '../model/monitorRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { ROOT } from '../tree/lazyBranch';
import { isNode } from '../tree/nodes';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import type { MonitorBranch } from './branch';

type Act = () => unknown;

export function monitorCommands(ui: Ui, branch: MonitorBranch): Handlers {
  return {
    'skylab.monitor.watch': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Watch'));
      await branch.refresh(machine);
      const row: Node = { kind: 'branch', branch: branch.name, key: machine.key, path: ROOT };
      await ui.machinesView.reveal(row, { expand: true, select: true, focus: true });
    },
    'skylab.monitor.refresh': async (arg) => branch.refresh(await chooseMachine(ui, arg, l10n.t('Look again'))),
    'skylab.monitor.fills': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('What fills it'));
      if (branch.disks(machine.key).length === 0) await branch.refresh(machine);
      const disk = isNode(arg) && arg.kind === 'branch' ? branch.disk(machine.key, arg.path) : undefined;
      await whatFillsIt(ui, branch, machine, disk ?? (await chooseDisk(branch, machine)));
    },
  };
}

function chooseDisk(branch: MonitorBranch, machine: Machine): Promise<DiskReading> {
  const items = branch.disks(machine.key).map((value) => {
    const { label, description, icon } = diskRow(value, l10n);
    return { label: `$(${icon.id}) ${label}`, description, value };
  });
  return ask(l10n.t('What fills {0}', machine.name)).pick({ placeholder: l10n.t('Which disk?'), items });
}

/** The largest folders, and what can be cleared away. */
async function whatFillsIt(ui: Ui, branch: MonitorBranch, machine: Machine, disk: DiskReading): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const filling = await busy(l10n.t('Measuring {0} on {1}', disk.mount, machine.name), (signal) =>
    upkeep.look(machine, whatFills(disk.mount), signal),
  );
  const node: Node = { kind: 'machine', key: machine.key };
  const again = async (act: Promise<boolean>): Promise<void> => {
    if (await act) await branch.refresh(machine);
  };
  const system = disk.mount === '/' || disk.mount === '/var';
  const reclaim = filling.docker.map(({ kind, size, reclaimable }) => l10n.t('{0}: {1}, {2} not in use', kind, size, reclaimable));
  const items: { label: string; description: string; value: Act }[] = [
    ...(filling.docker.length === 0
      ? []
      : [
          {
            label: `$(trash) ${l10n.t('Clear away what Docker does not use…')}`,
            description: reclaim.join(' · '),
            value: () => vscode.commands.executeCommand('skylab.docker.prune' satisfies CommandId, node),
          },
        ]),
    ...(system && filling.journal > 0
      ? [
          {
            label: `$(trash) ${l10n.t('Shorten the journal')}`,
            description: l10n.t('{0} now, {1} MB stay', bytesText(filling.journal), KEPT_JOURNAL),
            value: () => again(runTask(ui, machine, vacuumJournal())),
          },
        ]
      : []),
    ...(system && filling.packages > 1e6
      ? [
          {
            label: `$(trash) ${l10n.t('Remove fetched packages')}`,
            description: bytesText(filling.packages),
            value: () => again(runTask(ui, machine, cleanPackages)),
          },
        ]
      : []),
    ...filling.folders.map(({ path, bytes, files }) => ({
      label: `$(folder) ${path}`,
      description: l10n.t('{0} in {1} files', bytesText(bytes), files),
      value: () => openTerminalAt(ui, machine, path),
    })),
  ];
  const { description } = diskRow(disk, l10n);
  const act = await ask(l10n.t('What fills {0} on {1}', disk.mount, machine.name)).pick<Act>({
    placeholder: filling.partial ? l10n.t('{0}; not everything could be counted in a minute', description) : description,
    items,
  });
  await act();
}
