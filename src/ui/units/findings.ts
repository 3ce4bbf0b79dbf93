import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { UnitFile, UnitFinding } from '../../core/units/verify';

/** A unit file that is open in the editor, or could be. */
export interface UnitDraft extends UnitFile {
  /** Where findings are shown. */
  readonly uri: vscode.Uri;
}

/** Shows in the editor what a machine's systemd says of files. */
export function showFindings(collection: vscode.DiagnosticCollection, drafts: readonly UnitDraft[], found: readonly UnitFinding[]): void {
  for (const { uri, path, text } of drafts) {
    const lines = text.split(/\r?\n/);
    const diagnostics = found.filter((one) => one.path === path || one.path === undefined).map((one) => diagnosticOf(one, lines));
    collection.set(uri, diagnostics);
  }
}

function diagnosticOf({ line = 0, message, severity }: UnitFinding, lines: readonly string[]): vscode.Diagnostic {
  const text = lines[line] ?? '';
  const start = text.length - text.trimStart().length;
  const range = new vscode.Range(line, start, line, Math.max(start + 1, text.trimEnd().length));
  const level = severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
  const diagnostic = new vscode.Diagnostic(range, message, level);
  diagnostic.source = 'systemd';
  return diagnostic;
}

/** "systemd has 2 remarks: Unknown key 'Foo' …", or nothing. */
export function remarks(found: readonly UnitFinding[]): string {
  const [first] = found;
  if (first === undefined) return '';
  return found.length === 1
    ? l10n.t('systemd remarks: {0}', first.message)
    : l10n.t('systemd has {0} remarks, the first: {1}', found.length, first.message);
}
