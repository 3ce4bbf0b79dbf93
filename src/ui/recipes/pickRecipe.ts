import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import { needsText } from '../../core/recipes/fit';
import type { FetchedRecipes, FoundRecipe } from '../../core/recipes/recipes';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Pick } from '../quick/wizard';
import type { Ui } from '../ui';

type Choice = FoundRecipe | 'folder' | 'git';

/** Lets the person choose a recipe: one that ships, one of their folders, or one from elsewhere. @throws CancelledError */
export async function pickRecipe(ui: Ui, title: string): Promise<FoundRecipe> {
  const chosen = await ask(title).pick<Choice>({ placeholder: l10n.t('Which recipe?'), items: choices(ui) });
  if (chosen === 'folder') return one(title, await fromFolder(ui));
  if (chosen === 'git') return one(title, await fromGit(ui, title));
  return chosen;
}

async function choices(ui: Ui): Promise<readonly Pick<Choice>[]> {
  const recipes = await ui.services.recipes();
  const [shipped, own] = await Promise.all([recipes.list(), recipes.own(ui.settings.recipeFolders)]);
  return [
    ...shipped.map(row),
    ...own.map((found) => ({ ...row(found), label: `$(account) ${found.recipe.title}` })),
    { label: '', kind: vscode.QuickPickItemKind.Separator, value: 'folder' },
    { label: `$(folder-opened) ${l10n.t('From a folder of this computer…')}`, value: 'folder' },
    { label: `$(git-branch) ${l10n.t('From a git repository…')}`, value: 'git' },
  ];
}

const row = (value: FoundRecipe): Pick<FoundRecipe> => ({
  label: `$(package) ${value.recipe.title}`,
  description: needsText(value.recipe.needs),
  detail: value.recipe.description,
  value,
});

async function one(title: string, found: readonly FoundRecipe[]): Promise<FoundRecipe> {
  const [only] = found;
  if (only && found.length === 1) return only;
  return ask(title).pick({ placeholder: l10n.t('Which recipe?'), items: found.map(row) });
}

async function fromFolder(ui: Ui): Promise<readonly FoundRecipe[]> {
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Folder with a recipe.yaml, or with recipes'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  const folder = picked?.[0];
  if (!folder) throw new CancelledError();
  return (await ui.services.recipes()).from(folder.fsPath);
}

async function fromGit(ui: Ui, title: string): Promise<readonly FoundRecipe[]> {
  if (!vscode.workspace.isTrusted) {
    throw new SkylabError('This workspace is not trusted, so nothing is fetched for it.', {
      next: 'Trust it with “Workspaces: Manage Workspace Trust”, then try again.',
    });
  }
  const url = await ask(title).input({
    prompt: l10n.t('Address of the repository. Your own git fetches it; nothing of it is run on this computer.'),
    placeholder: 'https://github.com/owner/recipes.git',
    validate: (value) => (value.trim() === '' ? l10n.t('Give an address.') : undefined),
  });
  const recipes = await ui.services.recipes();
  const fetched = await busy(l10n.t('Fetching {0}', url.trim()), (signal) => recipes.fetch(url.trim(), signal));
  await mustTrustRecipes(fetched);
  return fetched.recipes;
}

/** What comes from elsewhere is used only after the person has seen whose it is. @throws CancelledError */
async function mustTrustRecipes({ url, commit, author, date, recipes }: FetchedRecipes): Promise<void> {
  const trust = l10n.t('Use Them');
  const detail = [
    l10n.t('From {0}', url),
    l10n.t('Commit {0} by {1}, {2}', commit.slice(0, 12), author, date.slice(0, 10)),
    l10n.t('Recipes: {0}', recipes.map(({ recipe }) => recipe.title).join(', ')),
    l10n.t('Once deployed, their containers run on your machine. Read the Compose file first if you do not know the author.'),
    ...(recipes.some(({ recipe }) => recipe.host.length > 0)
      ? [l10n.t('Some set up the machine itself by scripts; you are asked again before they run.')]
      : []),
  ].join('\n');
  const answer = await vscode.window.showWarningMessage(l10n.t('Use the recipes of this repository?'), { modal: true, detail }, trust);
  if (answer !== trust) throw new CancelledError();
}
