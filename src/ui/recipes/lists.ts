import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { ListName } from '../../core/recipes/nameList';
import { nameProblem, namesOf, withNames, withoutNames } from '../../core/recipes/nameList';
import { chooseStack } from '../deployments/choose';
import { addressOf } from '../files/machineFiles';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { textAt, writeText } from './hubFolder';

/** A list on the machine. */
interface List {
  readonly hub: string;
  readonly name: ListName;
  readonly uri: vscode.Uri;
  readonly text: string;
}

const NAMES: readonly ListName[] = ['allow', 'block', 'admins', 'images'];

/** Who may use a deployed hub: its lists on the machine, which it reads at each sign-in. */
export async function editLists(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Who may use the hub');
  const { machine, name: stack } = await chooseStack(ui, undefined, arg, title);
  const session = await ui.services.access.session(machine);
  const home = await session.run({ argv: ['sh', '-c', 'echo "$HOME"'], parse: (text) => text.trim(), what: 'ask for the login folder' });
  const root = addressOf(machine, `${home}/skylab/${stack}/data/lists`);
  const lists = await busy(l10n.t('Reading the lists of {0}', stack), () => readLists(root));
  if (lists.length === 0)
    throw new SkylabError(`${stack} is no hub of the recipe JupyterHub.`, { next: 'It has no lists on the machine.' });
  const several = new Set(lists.map(({ hub }) => hub)).size > 1;
  const list = await ask(title).pick({
    placeholder: l10n.t('Which list? Each is read when someone signs in; no restart is needed.'),
    items: lists.map((value) => ({
      label: `$(${iconOf(value.name)}) ${labelOf(value.name)}`,
      description: several ? value.hub : '',
      detail: detailOf(value),
      value,
    })),
  });
  if (list.name === 'images') await editImages(ui, list);
  else await editList(list);
}

async function editImages(ui: Ui, { hub, uri, text }: List): Promise<void> {
  const title = `${labelOf('images')} · ${hub}`;
  const chosen = await ask(title).pick({
    placeholder: l10n.t('{0} images to choose from', namesOf(text).length),
    items: [
      { label: `$(edit) ${l10n.t('Open the list in the editor')}`, value: 'open' as const },
      { label: `$(list-unordered) ${l10n.t('Use a known list…')}`, detail: l10n.t('Adds what is not there yet'), value: 'known' as const },
    ],
  });
  if (chosen === 'known') {
    const { IMAGE_LISTS } = await import('../../core/recipes/imageLists');
    const items = IMAGE_LISTS.map((value) => ({ label: `$(package) ${value.title}`, detail: value.detail, value }));
    const { lines, folder } = await ask(title).pick({ placeholder: l10n.t('Which images?'), items });
    await writeText(uri, withNames(text, lines));
    const where = folder ?? '';
    const work = l10n.t('These images keep work in {0}: set DOCKER_NOTEBOOK_DIR to that in the hub’s .env, and deploy it again.', where);
    if (where !== '') ui.notifications.tell(work, []);
  }
  await vscode.window.showTextDocument(uri);
}

async function readLists(root: vscode.Uri): Promise<readonly List[]> {
  const hubs = await vscode.workspace.fs.readDirectory(root).then(
    (entries) => entries.filter(([, type]) => type & vscode.FileType.Directory).map(([name]) => name),
    (error: unknown) => {
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return [];
      throw error;
    },
  );
  const all = hubs.flatMap((hub) => NAMES.map((name) => ({ hub, name, uri: vscode.Uri.joinPath(root, hub, name) })));
  return Promise.all(all.map(async (one) => ({ ...one, text: (await textAt(one.uri)) ?? '' })));
}

async function editList({ hub, name, uri, text }: List): Promise<void> {
  const title = `${labelOf(name)} · ${hub}`;
  const add = Symbol('add');
  const open = Symbol('open');
  const chosen = await ask(title).pick<string | symbol>({
    placeholder: l10n.t('Add names, or choose one to take it off'),
    items: [
      { label: `$(add) ${l10n.t('Add names…')}`, value: add },
      ...namesOf(text).map((value) => ({ label: `$(person) ${value}`, description: l10n.t('take off'), value })),
      { label: `$(edit) ${l10n.t('Open the list in the editor')}`, value: open },
    ],
  });
  if (chosen === open) {
    await vscode.window.showTextDocument(uri);
    return;
  }
  if (typeof chosen === 'string') {
    await writeText(uri, withoutNames(text, [chosen]));
    vscode.window.setStatusBarMessage(l10n.t('{0} is off the list', chosen), 5000);
    return;
  }
  const split = (value: string): string[] => value.split(/[\s,;]+/).filter((one) => one !== '');
  const names = await ask(title).input({
    prompt: l10n.t('Names at GitHub, with spaces or commas between them'),
    validate: (value) =>
      split(value)
        .map(nameProblem)
        .find((problem) => problem !== undefined) ?? (split(value).length === 0 ? l10n.t('Type a name.') : undefined),
  });
  await writeText(uri, withNames(text, split(names)));
  vscode.window.setStatusBarMessage(l10n.t('{0} on the list', namesOf(withNames(text, split(names))).length), 5000);
}

function labelOf(name: ListName): string {
  const labels = {
    allow: l10n.t('May use it'),
    block: l10n.t('May not use it'),
    admins: l10n.t('Administrators'),
    images: l10n.t('Menu of images'),
  };
  return labels[name];
}

const iconOf = (name: ListName): string => ({ allow: 'person', block: 'circle-slash', admins: 'shield', images: 'list-unordered' })[name];

function detailOf({ name, text }: List): string {
  if (name === 'images') return l10n.t('{0} images to choose from', namesOf(text).length);
  const names = namesOf(text);
  return names.length === 0 ? l10n.t('nobody') : names.slice(0, 8).join(', ') + (names.length > 8 ? '…' : '');
}
