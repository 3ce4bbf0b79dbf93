import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';
import { SPEC_GLOB } from './pattern';

const SELECTOR: vscode.DocumentSelector = [{ pattern: SPEC_GLOB }];
/** Milliseconds of quiet before a file that is being typed is looked at. */
const SETTLE = 250;
/** Red Hat's YAML extension completes and explains by the contributed schema. */
const YAML_EXTENSION = 'redhat.vscode-yaml';

/** Buttons, completion, hovers and checks in spec files; the code is loaded with the first of them. */
export function registerSpecLanguage(ui: Ui): vscode.Disposable {
  const found = vscode.languages.createDiagnosticCollection('skylab-launch');
  const timers = new Map<string, NodeJS.Timeout>();
  const help = () => import('./languageHelp');
  const isOurs = (document: vscode.TextDocument) => vscode.languages.match(SELECTOR, document) > 0;
  const look = (document: vscode.TextDocument, afterMs: number): void => {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    clearTimeout(timers.get(key));
    const run = async () => {
      timers.delete(key);
      const { version } = document;
      const diagnostics = await (await help()).diagnose(ui, document);
      if (document.version === version && !document.isClosed) found.set(document.uri, diagnostics);
    };
    timers.set(
      key,
      setTimeout(() => void ui.errors.run(run), afterMs),
    );
  };
  const others = () => vscode.extensions.getExtension(YAML_EXTENSION) !== undefined;
  for (const document of vscode.workspace.textDocuments) look(document, 0);
  return vscode.Disposable.from(
    found,
    vscode.workspace.onDidOpenTextDocument((document) => look(document, 0)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document, SETTLE)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      clearTimeout(timers.get(uri.toString()));
      found.delete(uri);
    }),
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
    new vscode.Disposable(() => timers.forEach((timer) => clearTimeout(timer))),
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
