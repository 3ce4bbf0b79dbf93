import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Directive } from '../../core/units/directives';
import { directivesOf, sectionsFor } from '../../core/units/directives';
import { unitTypeOf } from '../../core/units/names';
import type { UnitProblem } from '../../core/units/problems';
import { unitProblems } from '../../core/units/problems';
import { parseUnit, sectionAt } from '../../core/units/unitText';
import { escapeMarkdown } from '../model/markdown';

/** A problem as the editor shows it, with what repairs it. */
class UnitDiagnostic extends vscode.Diagnostic {
  readonly fix: UnitProblem['fix'];

  constructor(problem: UnitProblem) {
    super(new vscode.Range(problem.line, problem.start, problem.endLine, problem.end), problem.message, severities[problem.severity]);
    this.source = 'skylab';
    this.fix = problem.fix;
  }
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** What is wrong in a unit file, without asking a machine. */
export function diagnose(document: vscode.TextDocument): vscode.Diagnostic[] {
  return unitProblems(parseUnit(document.getText()), document.uri.path).map((problem) => new UnitDiagnostic(problem));
}

export function quickFixes(document: vscode.TextDocument, diagnostics: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    // what the editor hands back may be a copy without the fix
    const fix = diagnose(document).find(
      (one): one is UnitDiagnostic =>
        one instanceof UnitDiagnostic && one.message === diagnostic.message && one.range.isEqual(diagnostic.range),
    )?.fix;
    if (fix === undefined) return [];
    const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, diagnostic.range, fix.text);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return [action];
  });
}

/** Sections, settings of a section, and values of a setting. */
export function complete(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] {
  const before = document.lineAt(position.line).text.slice(0, position.character);
  if (/^\s*[#;]/.test(before)) return [];
  const type = unitTypeOf(document.uri.path.replace(/\.d\/[^/]*\.conf$/, ''));
  if (/^\s*\[[^\]]*$/.test(before)) return sectionItems(document, position, before, type);
  const section = sectionAt(parseUnit(document.getText()), position.line);
  const [, key, value = ''] = /^\s*([A-Za-z]\w*)\s*=(.*)$/.exec(before) ?? [];
  if (key !== undefined) return valueItems(directivesOf(section).get(key), value);
  if (!/^\s*\w*$/.test(before)) return [];
  if (section === '') return sectionsFor(type).map((name) => item(`[${name}]`, vscode.CompletionItemKind.Module));
  return [...directivesOf(section).values()].filter(({ kind }) => kind !== 'old').map(settingItem);
}

function sectionItems(
  document: vscode.TextDocument,
  position: vscode.Position,
  before: string,
  type: string | undefined,
): vscode.CompletionItem[] {
  const after = document.lineAt(position.line).text.slice(position.character);
  const end = position.translate(0, after.startsWith(']') ? 1 : 0);
  const range = new vscode.Range(new vscode.Position(position.line, before.indexOf('[')), end);
  return sectionsFor(type).map((name) => {
    const made = item(`[${name}]`, vscode.CompletionItemKind.Module);
    made.range = range;
    return made;
  });
}

function settingItem(directive: Directive, index: number): vscode.CompletionItem {
  const made = item(directive.name, vscode.CompletionItemKind.Property);
  made.insertText = `${directive.name}=`;
  made.documentation = directive.help;
  if (directive.since !== undefined) made.detail = l10n.t('since systemd {0}', directive.since);
  // the most used first
  made.sortText = String(index).padStart(4, '0');
  if (valuesOf(directive).length > 0) made.command = { command: 'editor.action.triggerSuggest', title: l10n.t('Suggest values') };
  return made;
}

/** Where several values stand side by side, each can be completed. */
function valueItems(directive: Directive | undefined, value: string): vscode.CompletionItem[] {
  if (directive === undefined) return [];
  const many = directive.kind === 'list' || directive.kind === 'units' || directive.kind === 'paths' || directive.name === 'Options';
  if (!many && /\s$/.test(value) && value.trim() !== '') return [];
  return valuesOf(directive).map((one, index) => {
    const made = item(one, vscode.CompletionItemKind.EnumMember);
    made.sortText = String(index).padStart(3, '0');
    return made;
  });
}

const valuesOf = ({ kind, values }: Directive): readonly string[] => (kind === 'bool' && values.length === 0 ? ['yes', 'no'] : values);

function item(label: string, kind: vscode.CompletionItemKind): vscode.CompletionItem {
  return new vscode.CompletionItem(label, kind);
}

/** What a setting does, and what it may be. */
export function hover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const { assignments } = parseUnit(document.getText());
  const one = assignments.find(
    ({ line, keyStart, keyEnd }) => line === position.line && position.character >= keyStart && position.character <= keyEnd,
  );
  const directive = one === undefined ? undefined : directivesOf(one.section).get(one.key);
  if (one === undefined || directive === undefined) return undefined;
  const values = valuesOf(directive);
  const text = [
    `**${directive.name}=** [${directive.section}]`.replaceAll('[', '\\['),
    '',
    escapeMarkdown(directive.help),
    ...(values.length === 0 ? [] : ['', values.map((value) => `\`${value}\``).join(' · ')]),
    ...(directive.since === undefined ? [] : ['', l10n.t('Since systemd {0}: older ones leave it out.', directive.since)]),
  ];
  return new vscode.Hover(new vscode.MarkdownString(text.join('\n')), new vscode.Range(one.line, one.keyStart, one.line, one.keyEnd));
}

/** The sections, for the outline. */
export function symbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
  const { sections, lines, assignments } = parseUnit(document.getText());
  return sections.map(({ name, line }, index) => {
    const end = (sections[index + 1]?.line ?? lines.length) - 1;
    const range = document.validateRange(new vscode.Range(line, 0, end, Number.MAX_SAFE_INTEGER));
    const symbol = new vscode.DocumentSymbol(`[${name}]`, '', vscode.SymbolKind.Module, range, document.lineAt(line).range);
    symbol.children = assignments
      .filter((one) => one.line > line && one.line <= end)
      .map((one) => {
        const at = document.validateRange(new vscode.Range(one.line, one.keyStart, one.endLine, Number.MAX_SAFE_INTEGER));
        return new vscode.DocumentSymbol(one.key, one.value.slice(0, 60), vscode.SymbolKind.Property, at, at);
      });
    return symbol;
  });
}
