import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { checkDocuments } from '../documentChecks';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';
import { SPEC_GLOB } from './pattern';

const SELECTOR: vscode.DocumentSelector = [{ pattern: SPEC_GLOB }];
/** Red Hat's YAML extension completes and explains by the contributed schema. */
const YAML_EXTENSION = 'redhat.vscode-yaml';

/** Buttons, completion, hovers and checks in spec files; the code is loaded with the first of them. */
export function registerSpecLanguage(ui: Ui): vscode.Disposable {
  const help = () => import('./languageHelp');
  const others = () => vscode.extensions.getExtension(YAML_EXTENSION) !== undefined;
  return vscode.Disposable.from(
    checkDocuments(ui, 'skylab-launch', SELECTOR, async (document) => (await help()).diagnose(ui, document)),
    vscode.languages.registerCodeLensProvider(SELECTOR, { provideCodeLenses: ({ uri }) => lenses(uri) }),
    vscode.languages.registerCompletionItemProvider(
      SELECTOR,
      {
        provideCompletionItems: async (document, position) => (others() ? [] : (await help()).complete(ui, document, position)),
      },
      ' ',
      ':',
    ),
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position) => (others() ? undefined : (await help()).hover(ui, document, position)),
    }),
  );
}

function lenses(uri: vscode.Uri): vscode.CodeLens[] {
  const lens = (title: string, command: CommandId) =>
    new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), { title, command, arguments: [uri] });
  return [
    lens(`$(rocket) ${l10n.t('Launch')}`, 'skylab.launch.fromSpec'),
    lens(`$(edit) ${l10n.t('Open in Form')}`, 'skylab.launch.openSpec'),
    lens(`$(beaker) ${l10n.t('Dry Run')}`, 'skylab.launch.dryRunSpec'),
  ];
}
