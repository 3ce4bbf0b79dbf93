import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { valueMisfits } from '../../core/cloud/specs/resolve';
import { schemasAt, type Schema, type SpecProblem } from '../../core/cloud/specs/schema';
import { readSpec } from '../../core/cloud/specs/specFile';
import { whereAt } from '../../core/cloud/specs/typing';
import { escapeMarkdown } from '../model/markdown';
import type { Ui } from '../ui';
import { specSchema } from './documents';

/** What is wrong in a spec file, as far as that can be said without asking a cloud. */
export async function diagnose(ui: Ui, document: vscode.TextDocument): Promise<vscode.Diagnostic[]> {
  const read = readSpec(document.getText(), await specSchema(ui));
  const misfits = read.spec === undefined ? [] : valueMisfits(read.spec);
  const values = misfits.map(({ path, message }): SpecProblem => ({ message, ...read.place(path), severity: 'error' }));
  const known = ui.services.accounts.list();
  const account = read.spec?.account;
  const strange = account === undefined || known.length === 0 || known.some(({ name, id }) => name === account || id === account);
  const unknown: SpecProblem[] = strange
    ? []
    : [{ message: l10n.t('Skylab has no account named {0}.', account), ...read.place(['account']), severity: 'warning' }];
  return [...read.problems, ...values, ...unknown].map((problem) => {
    const range = new vscode.Range(document.positionAt(problem.start), document.positionAt(Math.max(problem.end, problem.start + 1)));
    const severity = problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
    const diagnostic = new vscode.Diagnostic(range, problem.message, severity);
    diagnostic.source = 'skylab';
    return diagnostic;
  });
}

/** Keys that fit at the place, or values behind a key. */
export async function complete(ui: Ui, document: vscode.TextDocument, position: vscode.Position): Promise<vscode.CompletionItem[]> {
  const lines = document.getText().split(/\r?\n/);
  const where = whereAt(lines, position.line, position.character);
  if (where === undefined) return [];
  const schema = await specSchema(ui);
  const schemas = schemasAt(schema, where.path);
  if (where.kind === 'key') {
    const keys = new Map(schemas.flatMap((one) => Object.entries(one.properties ?? {})));
    return [...keys].filter(([key]) => !where.present.includes(key)).map(([key, below], i) => keyItem(key, schema, below, i));
  }
  const accounts = where.path.at(-1) === 'account' ? ui.services.accounts.list().map(({ name }) => name) : [];
  return [...accounts, ...schemas.flatMap(valuesOf)].map((value, i) => {
    const item = new vscode.CompletionItem(value, vscode.CompletionItemKind.Value);
    item.sortText = String(i).padStart(3, '0');
    return item;
  });
}

function keyItem(key: string, root: Schema, below: Schema, index: number): vscode.CompletionItem {
  const item = new vscode.CompletionItem(key, vscode.CompletionItemKind.Property);
  const schemas = below.anyOf ?? [below];
  const nested = schemas.every(({ type, $ref }) => type === 'object' || type === 'array' || $ref !== undefined);
  item.insertText = nested ? `${key}:` : `${key}: `;
  item.documentation = below.description ?? '';
  item.detail = root.required?.includes(key) === true && root.properties?.[key] === below ? l10n.t('needed') : '';
  item.sortText = String(index).padStart(3, '0');
  if (schemas.some((one) => valuesOf(one).length > 0))
    item.command = { command: 'editor.action.triggerSuggest', title: l10n.t('Suggest values') };
  return item;
}

function valuesOf(schema: Schema): readonly string[] {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.type === 'boolean') return ['true', 'false'];
  return [schema.default, ...(schema.examples ?? [])].flatMap((one) =>
    typeof one === 'string' || typeof one === 'number' ? [String(one)] : [],
  );
}

/** What a key means, and what it may be. */
export async function hover(ui: Ui, document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
  const line = document.lineAt(position.line).text;
  const [, before = '', key] = /^([\s-]*)([A-Za-z]+)\s*:/.exec(line) ?? [];
  if (key === undefined || position.character < before.length || position.character > before.length + key.length) return undefined;
  const lines = document.getText().split(/\r?\n/);
  const where = whereAt(lines, position.line, before.length);
  if (where === undefined) return undefined;
  const [schema] = schemasAt(await specSchema(ui), where.path).flatMap((one) => one.properties?.[key] ?? []);
  if (schema === undefined) return undefined;
  const values = (schema.anyOf ?? [schema]).flatMap(valuesOf);
  const text = [
    `**${key}**`,
    '',
    escapeMarkdown(schema.description ?? ''),
    ...(values.length === 0 ? [] : ['', values.map((one) => `\`${one}\``).join(' · ')]),
  ];
  return new vscode.Hover(
    new vscode.MarkdownString(text.join('\n')),
    new vscode.Range(position.line, before.length, position.line, before.length + key.length),
  );
}
