import * as vscode from 'vscode';
import { parseConfig } from '../../core/ssh/config/document';
import { keyProblems } from '../../core/ssh/config/keyFiles';
import type { Problem } from '../../core/ssh/config/problems';
import { depthProblems, fileProblems, orderProblems } from '../../core/ssh/config/problems';
import type { ConfigTree } from '../../core/ssh/config/tree';
import { ConfigFile } from '../../core/ssh/config/tree';
import { shownText, storedText } from '../../core/ssh/config/words';
import type { HostsModel } from './hostsModel';

/** A problem as the editor shows it; what repairs it is looked up by quick fixes. */
export class SshDiagnostic extends vscode.Diagnostic {
  constructor(
    range: vscode.Range,
    readonly problem: Problem,
  ) {
    super(range, problem.message, severityOf(problem));
    this.source = 'ssh';
    this.code = problem.code;
    if (problem.severity === 'hint') this.tags = [vscode.DiagnosticTag.Deprecated];
  }
}

/** What is wrong in a document as it stands in the editor. @param askSsh also asks the installed ssh, about the file as a whole */
export async function diagnose(document: vscode.TextDocument, model: HostsModel, askSsh: boolean): Promise<vscode.Diagnostic[]> {
  const path = document.uri.fsPath;
  const loaded = await model.tree();
  const bytes = storedText(document.getText());
  const known = loaded.files.has(path);
  // a file that ssh does not read from ~/.ssh/config is looked at by itself
  const base: ConfigTree = known ? loaded : { ...loaded, root: path, files: new Map() };
  const tree = await model.ssh.config.withText(base, path, bytes);
  const file = tree.files.get(path);
  if (file === undefined) return [];
  const marked = loaded.files.get(path)?.text.startsWith('\u00EF\u00BB\u00BF') ?? false;
  const problems: Problem[] = [
    // the editor keeps a byte order mark to itself
    ...(marked ? await fileProblems(new ConfigFile(path, parseConfig('\u00EF\u00BB\u00BF'), new Map()), tree) : []),
    ...(await fileProblems(file, tree)),
    ...depthProblems(tree).filter((problem) => problem.path === path),
    ...(await orderProblems(file, tree)),
    ...(await keyProblems(file, tree, (key) => model.ssh.config.inspect(key))),
  ];
  const found = problems.map((problem): vscode.Diagnostic => new SshDiagnostic(rangeOf(document, bytes, problem), problem));
  if (!askSsh || problems.some(({ severity }) => severity === 'error')) return found;
  return [...found, ...(await refusal(document, path, tree, model))];
}

/** What only ssh itself knows to be wrong, such as a cipher that this version lacks. */
async function refusal(document: vscode.TextDocument, path: string, tree: ConfigTree, model: HostsModel): Promise<vscode.Diagnostic[]> {
  const answer = (await model.ssh.oracle.ask(tree, ['skylab-check']))?.get('skylab-check');
  if (answer?.kind !== 'refused' || !answer.message.includes(path)) return [];
  const line = Math.min(document.lineCount, Number(/\bline (\d+)/.exec(answer.message)?.[1] ?? 1)) - 1;
  const said = shownText(answer.message)
    .replace(path, '')
    .replace(/^:?\s*line \d+:\s*/, '');
  const diagnostic = new vscode.Diagnostic(document.lineAt(line).range, said, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'ssh -G';
  return [diagnostic];
}

/** Problems count in bytes and in lines of the file; the editor counts in UTF-16. */
function rangeOf(document: vscode.TextDocument, bytes: string, { line, start, end }: Problem): vscode.Range {
  const lineStart = bytes.lastIndexOf('\n', start - 1) + 1;
  const column = (offset: number): number => shownText(bytes.slice(lineStart, offset)).length;
  const at = Math.min(line, document.lineCount - 1);
  return document.validateRange(new vscode.Range(at, column(start), at, Math.max(column(start), column(end))));
}

function severityOf({ severity }: Problem): vscode.DiagnosticSeverity {
  switch (severity) {
    case 'error':
      return vscode.DiagnosticSeverity.Error;
    case 'warning':
      return vscode.DiagnosticSeverity.Warning;
    case 'hint':
      return vscode.DiagnosticSeverity.Hint;
  }
}
