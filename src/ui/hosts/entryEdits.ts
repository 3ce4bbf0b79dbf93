import { l10n } from 'vscode';
import { SkylabError, sentenceOf } from '../../core/errors';
import type { Block, ConfigDocument, Directive } from '../../core/ssh/config/document';
import { parseConfig } from '../../core/ssh/config/document';
import type { NewEntry, Option } from '../../core/ssh/config/edits';
import {
  addDirective,
  commentText,
  insertEntry,
  removeDirective,
  removeEntry,
  renderHeader,
  setComment,
  setDirective,
  setHeader,
} from '../../core/ssh/config/edits';
import { canonicalName, valueKind } from '../../core/ssh/config/keywords';
import { sectionOwner } from '../../core/ssh/config/layout';
import { placeFor } from '../../core/ssh/config/placement';
import type { Splice } from '../../core/ssh/config/splice';
import { splice } from '../../core/ssh/config/splice';
import type { ConfigTree, HostEntry } from '../../core/ssh/config/tree';
import { ConfigFile, namesIn, personFiles } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import type { Pick } from '../quick/wizard';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { offerChange } from './change';
import type { HostsModel } from './hostsModel';
import { askKeyword, askValue, optionProblem } from './options';

/** Asks for a new entry and puts it where it wins. @param file where to; the person's own file unless given */
export async function addEntry(ui: Ui, model: HostsModel, file?: string): Promise<void> {
  const tree = await model.tree();
  const path = file === undefined || model.isGenerated(file) ? tree.root : file;
  const found = { kind: 'host' as 'host' | 'match', header: '' };
  const options = new Map<string, string>();
  const asking = (keyword: string, needed: boolean) => ({
    prompt: needed
      ? l10n.t('Address or full name to connect to; %h stands for the name that is typed')
      : l10n.t('{0}; leave it empty to go without', keyword),
    value: options.get(keyword) ?? '',
    validate: (text: string): string | undefined => (text.trim() === '' ? undefined : optionProblem(keyword, text)),
  });
  await wizard(l10n.t('Add SSH host'), [
    async (step) => {
      const items = [
        { label: `$(vm) ${l10n.t('A host')}`, detail: l10n.t('One name, or several parted by blanks'), value: 'host' as const },
        {
          label: `$(list-filter) ${l10n.t('A pattern of hosts')}`,
          detail: l10n.t('Such as *.lab.example.edu: for all names that match'),
          value: 'pattern' as const,
        },
        {
          label: `$(git-compare) ${l10n.t('A condition (Match)')}`,
          detail: l10n.t('Such as: host *.example.edu user root'),
          value: 'match' as const,
        },
      ];
      const kind = await step.pick({ placeholder: l10n.t('What is the entry for?'), items });
      found.kind = kind === 'match' ? 'match' : 'host';
      return true;
    },
    async (step) => {
      const prompt =
        found.kind === 'host' ? l10n.t('The name after ssh, or a pattern with * and ?') : l10n.t('The condition, as after Match');
      found.header = await step.input({ prompt, value: found.header, validate: (text) => headerProblem(tree, found.kind, text) });
      return true;
    },
    async (step) => {
      options.set('HostName', await step.input(asking('HostName', true)));
      return true;
    },
    async (step) => {
      options.set('User', await step.input(asking('User', false)));
      return true;
    },
    async (step) => {
      const items: Pick<boolean>[] = [
        { label: l10n.t('The agent or the default keys'), value: false },
        { label: l10n.t('A certain key…'), value: true },
      ];
      options.delete('IdentityFile');
      if (!(await step.pick({ placeholder: l10n.t('Which private key opens it?'), items }))) return true;
      const answer = await askValue(ui, step, 'IdentityFile');
      if (answer !== 'remove') options.set('IdentityFile', answer.value);
      return true;
    },
  ]);
  const list: Option[] = [...options].filter(([, value]) => value.trim() !== '').map(([keyword, value]) => ({ keyword, value }));
  await proposeNew(ui, model, tree, path, { kind: found.kind, header: found.header.trim(), options: list });
}

async function proposeNew(ui: Ui, model: HostsModel, tree: ConfigTree, path: string, entry: NewEntry): Promise<void> {
  const known = tree.files.get(path) ?? new ConfigFile(path, parseConfig(''), new Map());
  const place = placeFor(known, `${entry.kind === 'host' ? 'Host' : 'Match'} ${renderHeader(entry.kind, entry.header)}`);
  const after = splice(known.text, [insertEntry(known.document, place.offset, entry)]);
  // what was put in is edited on before it is shown
  await editBlock(ui, model, tree, path, after, { after: place.index }, l10n.t('{0} is added.', entry.header));
}

function headerProblem(tree: ConfigTree, kind: 'host' | 'match', text: string, own: ReadonlySet<string> = new Set()): string | undefined {
  try {
    const header = parseConfig(`${kind === 'host' ? 'Host' : 'Match'} ${renderHeader(kind, text)}`).blocks[1]?.header;
    const names = namesIn(personFiles(tree));
    const taken = kind === 'host' ? header?.words.find(({ value }) => names.has(value) && !own.has(value)) : undefined;
    return taken === undefined ? undefined : l10n.t('There is an entry for {0} already.', shownText(taken.value));
  } catch (error) {
    return sentenceOf(error);
  }
}

/** Lets the person change every option of an entry, its names and its comment, then shows the change. */
export async function editEntry(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  ownFile(model, entry);
  const { path, text } = entry.file;
  const { index } = entry.block;
  await editBlock(
    ui,
    model,
    await model.tree(),
    path,
    text,
    { before: index, after: index },
    l10n.t('{0} is changed.', shownText(entry.label)),
  );
}

type Act = 'done' | 'add' | 'comment' | 'header' | Directive;

/** The menu of one entry, over a text that nobody has written yet. */
async function editBlock(
  ui: Ui,
  model: HostsModel,
  tree: ConfigTree,
  path: string,
  start: string,
  subject: { before?: number; after: number },
  done: string,
): Promise<void> {
  for (let text = start; ;) {
    const document = parseConfig(text);
    const block = document.blocks[subject.after];
    if (block?.header === undefined) throw new Error('the entry is gone');
    const title = `${block.header.name} ${shownText(block.header.raw)}`;
    const act = await ask(title).pick<Act>({ placeholder: l10n.t('Choose what to change, then Done'), items: menuOf(document, block) });
    if (act === 'done') {
      await offerChange(ui, model, tree, { path, after: text, subject, done });
      return;
    }
    const changes = await backToMenu(() => change(ui, tree, document, block, act));
    text = splice(text, changes);
  }
}

/** Esc in a question about one option leads back to the entry. */
async function backToMenu(act: () => Promise<Splice[]>): Promise<Splice[]> {
  const { CancelledError } = await import('../../core/errors');
  return act().catch((error: unknown) => {
    if (error instanceof CancelledError) return [];
    throw error;
  });
}

function menuOf(document: ConfigDocument, block: Block): Pick<Act>[] {
  const owner = sectionOwner(document, block);
  const comment = commentText(document, block);
  return [
    ...block.directives.map((directive): Pick<Act> => ({
      label: canonicalName(directive.name),
      description: shownText(directive.raw),
      value: directive,
    })),
    { label: `$(add) ${l10n.t('Add option…')}`, value: 'add' },
    {
      label: `$(symbol-key) ${block.kind === 'host' ? l10n.t('Names and patterns') : l10n.t('Condition')}`,
      description: shownText(block.header?.raw ?? ''),
      value: 'header',
    },
    { label: `$(comment) ${l10n.t('Comment')}`, description: shownText(comment).replaceAll('\n', ' / '), value: 'comment' },
    {
      label: `$(check) ${l10n.t('Done')}`,
      description: owner === undefined ? l10n.t('shows the change') : l10n.t('shows the change; this section says “{0}”', shownText(owner)),
      value: 'done',
    },
  ];
}

async function change(ui: Ui, tree: ConfigTree, document: ConfigDocument, block: Block, act: Exclude<Act, 'done'>): Promise<Splice[]> {
  const title = shownText(block.header?.raw ?? '');
  if (act === 'comment') {
    const value = shownText(commentText(document, block)).replaceAll('\n', ' / ');
    const text = await ask(title).input({ prompt: l10n.t('Comment above the entry; " / " begins another line'), value });
    return [setComment(document, block, text.split(' / ').join('\n'))];
  }
  if (act === 'header') {
    const own = new Set(block.header?.words.map(({ value }) => value));
    const kind = block.kind === 'match' ? 'match' : 'host';
    const prompt = kind === 'host' ? l10n.t('Names and patterns, parted by blanks') : l10n.t('The condition, as after Match');
    const value = shownText(block.header?.raw ?? '');
    const text = await ask(title).input({ prompt, value, validate: (typed) => headerProblem(tree, kind, typed, own) });
    return [setHeader(block, text)];
  }
  if (act === 'add') {
    const single = block.directives.filter(({ keyword }) => !repeatable.has(keyword)).map(({ keyword }) => keyword);
    const keyword = await askKeyword(ask(title), new Set(single));
    const answer = await askValue(ui, ask(title), keyword.name);
    return answer === 'remove' ? [] : [addDirective(document, block, { keyword: keyword.name, value: answer.value })];
  }
  const path = valueKind(act.keyword) === 'path' && act.words.length === 1;
  const answer = await askValue(ui, ask(title), canonicalName(act.name), shownText(path ? act.value : act.raw));
  return [answer === 'remove' ? removeDirective(document, act) : setDirective(act, answer.value)];
}

const repeatable = new Set(['identityfile', 'certificatefile', 'localforward', 'remoteforward', 'dynamicforward', 'sendenv', 'setenv']);

/** Copies an entry under another name; the copy stands where it wins. */
export async function duplicateEntry(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  const tree = await model.tree();
  const kind = entry.block.kind === 'match' ? 'match' : 'host';
  const value = entry.kind === 'host' ? `${shownText(entry.label)}-2` : shownText(entry.label);
  const prompt = l10n.t('Name of the copy of {0}', shownText(entry.label));
  const header = await ask(l10n.t('Duplicate SSH host')).input({ prompt, value, validate: (text) => headerProblem(tree, kind, text) });
  const options = entry.block.directives
    .filter(({ keyword }) => keyword !== 'include' && !(model.isGenerated(entry.file.path) && keyword === 'hostkeyalias'))
    .map((directive) => ({ keyword: directive.name, value: shownText(directive.raw) }));
  const path = model.isGenerated(entry.file.path) ? tree.root : entry.file.path;
  await proposeNew(ui, model, tree, path, { kind, header: header.trim(), options });
}

/** Gives one name of an entry, its patterns or its condition another text. */
export async function renameEntry(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  ownFile(model, entry);
  const tree = await model.tree();
  const { file, block, label, kind } = entry;
  const old = shownText(label);
  const words = block.header?.words ?? [];
  const single = kind === 'host' && words.length > 1;
  const value = single || kind === 'host' ? old : shownText(block.header?.raw ?? '');
  const own = new Set(words.map((word) => word.value));
  const type = kind === 'match' ? 'match' : 'host';
  const text = (
    await ask(l10n.t('Rename SSH host')).input({
      prompt: l10n.t('Another name for {0}', old),
      value,
      validate: (typed) => headerProblem(tree, type, typed, own),
    })
  ).trim();
  const header = single ? words.map((word) => (word.value === label ? text : shownText(word.value))).join(' ') : text;
  const after = splice(file.text, [setHeader(block, header)]);
  const subject = { before: block.index, after: block.index };
  await offerChange(ui, model, tree, { path: file.path, after, subject, done: l10n.t('{0} is now {1}.', old, text) });
}

/** Takes an entry away; of one with several names, the name alone if the person wants that. */
export async function deleteEntry(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  ownFile(model, entry);
  const tree = await model.tree();
  const { file, block, label, kind } = entry;
  const others = (block.header?.words ?? []).filter(({ value }) => value !== label);
  const only =
    kind === 'host' &&
    others.length > 0 &&
    (await ask(l10n.t('Remove SSH host')).pick({
      placeholder: l10n.t('{0} shares its entry with {1}', shownText(label), shownText(others.map(({ value }) => value).join(' '))),
      items: [
        { label: l10n.t('Remove the name {0}', shownText(label)), value: true },
        { label: l10n.t('Remove the whole entry'), value: false },
      ],
    }));
  const { document } = file;
  const done = l10n.t('{0} is removed.', shownText(label));
  const change_ = only ? setHeader(block, shownText(others.map(({ value }) => value).join(' '))) : removeEntry(document, block);
  const subject = only ? { before: block.index, after: block.index } : { before: block.index };
  await offerChange(ui, model, tree, { path: file.path, after: splice(document.text, [change_]), subject, done });
}

/** Skylab's own file is written anew with every change: its entries follow their machines. */
function ownFile(model: HostsModel, entry: HostEntry): void {
  if (!model.isGenerated(entry.file.path)) return;
  throw new SkylabError(`${shownText(entry.label)} belongs to a machine in the Machines view: Skylab writes its entry.`, {
    code: 'GeneratedEntry',
    next: 'Change the machine there, or duplicate the entry into your own file.',
  });
}
