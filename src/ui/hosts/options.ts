import { l10n } from 'vscode';
import { renderValue } from '../../core/ssh/config/edits';
import type { Keyword } from '../../core/ssh/config/keywords';
import { allKeywords, findKeyword, valueProblem } from '../../core/ssh/config/keywords';
import { splitWords } from '../../core/ssh/config/words';
import { sentenceOf } from '../../core/errors';
import { chooseKeyFile } from '../questions';
import type { Ask, Pick } from '../quick/wizard';
import type { Ui } from '../ui';
import { displayPath } from './hostsModel';

/** What becomes of an option: a value, or nothing. */
export type Answer = { readonly value: string } | 'remove';

/** Asks for a keyword, the most used first, each with one line about it. */
export function askKeyword(step: Ask, used: ReadonlySet<string>): Promise<Keyword> {
  const items = allKeywords()
    .filter(({ name, obsolete }) => obsolete !== true && !['Host', 'Match', 'Include'].includes(name) && !used.has(name.toLowerCase()))
    .map((keyword) => ({
      label: keyword.name,
      description: keyword.since === undefined ? '' : l10n.t('since OpenSSH {0}', keyword.since),
      detail: keyword.help,
      value: keyword,
    }));
  return step.pick({ placeholder: l10n.t('Which option?'), items });
}

/** Asks for a value: by choice where there are few, else typed and checked while typing. @param old offered for change, and for removal */
export async function askValue(ui: Ui, step: Ask, name: string, old?: string): Promise<Answer> {
  const keyword = findKeyword(name);
  const remove: Pick<Answer>[] = old === undefined ? [] : [{ label: `$(trash) ${l10n.t('Remove {0}', name)}`, value: 'remove' }];
  if (keyword?.kind === 'choice') {
    const items: Pick<Answer>[] = [
      ...keyword.values.map((value) => ({ label: value, description: value === old ? l10n.t('now') : '', value: { value } })),
      ...remove,
    ];
    return step.pick<Answer>({ placeholder: keyword.help, items, active: (answer) => answer !== 'remove' && answer.value === old });
  }
  if (keyword?.name === 'IdentityFile') return askKey(ui, step, old, remove);
  const value = await step.input({
    prompt: [keyword?.help ?? name, ...(old === undefined ? [] : [l10n.t('Leave it empty to remove the option.')])].join(' '),
    value: old ?? '',
    validate: (text) => (text.trim() === '' && old !== undefined ? undefined : optionProblem(name, text)),
  });
  return value.trim() === '' ? 'remove' : { value: value.trim() };
}

async function askKey(ui: Ui, step: Ask, old: string | undefined, remove: readonly Pick<Answer>[]): Promise<Answer> {
  const { identities, homeDir } = ui.services;
  const keys = (await identities.listPublic()).map(({ path, comment }) => ({
    path: displayPath(path.replace(/\.pub$/, ''), homeDir),
    comment,
  }));
  type Choice = Answer | 'browse' | 'type';
  const items: Pick<Choice>[] = [
    ...keys.map(({ path, comment }) => ({
      label: `$(key) ${path}`,
      description: path === old ? l10n.t('now') : comment,
      value: { value: path },
    })),
    { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, value: 'browse' },
    { label: `$(edit) ${l10n.t('Type a path…')}`, value: 'type' },
    ...remove,
  ];
  const chosen = await step.pick<Choice>({ placeholder: l10n.t('Which private key opens it?'), items });
  if (chosen === 'browse') return { value: displayPath(await chooseKeyFile(homeDir), homeDir) };
  if (chosen !== 'type') return chosen;
  const validate = (text: string): string | undefined => optionProblem('IdentityFile', text);
  return { value: (await step.input({ prompt: l10n.t('Path of the private key'), value: old ?? '~/.ssh/', validate })).trim() };
}

/** Why a value cannot stand in the file, or ssh would refuse it. */
export function optionProblem(name: string, text: string): string | undefined {
  try {
    const rendered = renderValue({ keyword: name, value: text });
    const keyword = findKeyword(name);
    const words = splitWords(rendered, 0, rendered.length).words.map(({ value }) => value);
    return keyword === undefined ? undefined : valueProblem(keyword, words);
  } catch (error) {
    return sentenceOf(error);
  }
}
