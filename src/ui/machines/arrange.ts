import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { tagNames, type Grouping } from '../../core/cloud/machineGroups';
import { allMachines } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { ask, type Pick } from '../quick/wizard';
import type { Ui } from '../ui';
import { GROUPING } from './area';

export function arrangeCommands(ui: Ui): Handlers {
  return {
    'skylab.filterMachines': () => filter(ui),
    'skylab.clearFilter': () => ui.machinesTree.arrangement.setFilter(''),
    'skylab.groupMachines': () => group(ui),
  };
}

/** The tree follows while the person types; Esc brings back what was shown before. */
async function filter(ui: Ui): Promise<void> {
  const { arrangement } = ui.machinesTree;
  await vscode.commands.executeCommand('skylab.machines.focus');
  const before = arrangement.filterText;
  const box = vscode.window.createInputBox();
  box.title = l10n.t('Filter machines');
  box.prompt = l10n.t(
    'Words are looked for in name, id, state, type, address, zone, owner, account and tags. * and ? stand for anything; course=phys* is about one tag.',
  );
  box.placeholder = 'lab-* running';
  box.value = before;
  let timer: NodeJS.Timeout | undefined;
  const accepted = await new Promise<boolean>((resolve) => {
    box.onDidChangeValue((value) => {
      clearTimeout(timer);
      timer = setTimeout(() => arrangement.setFilter(value.trim()), 150);
    });
    box.onDidAccept(() => resolve(true));
    box.onDidHide(() => resolve(false));
    box.show();
  });
  clearTimeout(timer);
  arrangement.setFilter(accepted ? box.value.trim() : before);
  box.dispose();
}

async function group(ui: Ui): Promise<void> {
  const { arrangement } = ui.machinesTree;
  const now = arrangement.grouping;
  const same = (one: Grouping): boolean => one.by === now.by && (one.by !== 'tag' || (now.by === 'tag' && one.tag === now.tag));
  const item = (label: string, value: Grouping, description = ''): Pick<Grouping> => ({
    label: same(value) ? `$(check) ${label}` : label,
    description,
    value,
  });
  const tags = tagNames(allMachines(ui)).slice(0, 50);
  const items: Pick<Grouping>[] = [
    item(l10n.t('Nothing'), { by: 'none' }, l10n.t('side by side')),
    item(l10n.t('Lab'), { by: 'lab' }, l10n.t('the tag skylab:lab or Lab')),
    item(l10n.t('State'), { by: 'state' }),
    item(l10n.t('Owner'), { by: 'owner' }, l10n.t('who launched it')),
    item(l10n.t('Zone'), { by: 'zone' }),
    item(l10n.t('Type'), { by: 'type' }),
    ...tags.map((tag) => item(l10n.t('Tag {0}', tag), { by: 'tag', tag })),
  ];
  const chosen = await ask(l10n.t('Group machines')).pick({ placeholder: l10n.t('Group by what?'), items, active: same });
  arrangement.setGrouping(chosen);
  await ui.services.memento.set(GROUPING, chosen);
}
