import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Directive } from '../../core/ssh/config/document';
import { parseConfig } from '../../core/ssh/config/document';
import { allKeywords, findKeyword } from '../../core/ssh/config/keywords';
import { namesIn, personFiles } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import { escapeMarkdown } from '../model/markdown';
import type { Ui } from '../ui';
import type { HostsModel } from './hostsModel';
import { displayPath } from './hostsModel';

/** Keywords at the start of a line, values behind one. */
export async function complete(
  ui: Ui,
  model: HostsModel,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.CompletionItem[]> {
  const before = document.lineAt(position.line).text.slice(0, position.character);
  if (/^\s*#/.test(before)) return [];
  const [, name] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)/.exec(before) ?? [];
  if (name === undefined) return /^\s*[A-Za-z0-9]*$/.test(before) ? keywordItems() : [];
  const keyword = findKeyword(name);
  if (keyword === undefined) return [];
  const values = keyword.values.map((value, index) => {
    const made = item(value, vscode.CompletionItemKind.EnumMember);
    made.sortText = `~${index}`;
    return made;
  });
  switch (keyword.name) {
    case 'IdentityFile':
    case 'CertificateFile':
      return [...(await keyItems(ui)), ...values];
    case 'ProxyJump': {
      const names = namesIn(personFiles(await model.tree()));
      return [...names]
        .map((one) => item(shownText(one), vscode.CompletionItemKind.Reference))
        .concat(values, item('none', vscode.CompletionItemKind.EnumMember));
    }
    case 'Match':
      return ['host', 'originalhost', 'user', 'localuser', 'exec', 'final', 'canonical', 'all'].map((one) =>
        item(one, vscode.CompletionItemKind.Keyword),
      );
    case 'Include':
      return [item('~/.ssh/config.d/*.conf', vscode.CompletionItemKind.File)];
    default:
      return values;
  }
}

function keywordItems(): vscode.CompletionItem[] {
  return allKeywords()
    .filter(({ obsolete }) => obsolete !== true)
    .map((keyword, index) => {
      const made = item(keyword.name, vscode.CompletionItemKind.Property);
      made.insertText = `${keyword.name} `;
      made.documentation = keyword.help;
      if (keyword.since !== undefined) made.detail = l10n.t('since OpenSSH {0}', keyword.since);
      // the most used first
      made.sortText = String(index).padStart(4, '0');
      if (keyword.values.length > 0) made.command = { command: 'editor.action.triggerSuggest', title: l10n.t('Suggest values') };
      return made;
    });
}

async function keyItems(ui: Ui): Promise<vscode.CompletionItem[]> {
  const { identities, homeDir } = ui.services;
  return (await identities.listPublic()).map(({ path, comment }) => {
    const shown = displayPath(path.replace(/\.pub$/, ''), homeDir);
    const made = item(shown, vscode.CompletionItemKind.File);
    made.insertText = shown.includes(' ') ? `"${shown}"` : shown;
    made.detail = comment;
    return made;
  });
}

function item(label: string, kind: vscode.CompletionItemKind): vscode.CompletionItem {
  return new vscode.CompletionItem(label, kind);
}

/** What a keyword does, and what it may be. */
export function hover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const directive = directiveAt(document.lineAt(position.line).text);
  if (directive === undefined || position.character < directive.keywordStart || position.character > directive.keywordEnd) return undefined;
  const keyword = findKeyword(directive.keyword);
  if (keyword === undefined) return undefined;
  const lines = [`**${keyword.name}**`, '', escapeMarkdown(keyword.help)];
  if (keyword.kind === 'choice') lines.push('', keyword.values.map((value) => `\`${value}\``).join(' · '));
  if (keyword.since !== undefined) lines.push('', l10n.t('Since OpenSSH {0}: older ones refuse the file.', keyword.since));
  const range = new vscode.Range(position.line, directive.keywordStart, position.line, directive.keywordEnd);
  return new vscode.Hover(new vscode.MarkdownString(lines.join('\n')), range);
}

function directiveAt(line: string): Directive | undefined {
  const [global, block] = parseConfig(line).blocks;
  return block?.header ?? global?.directives[0];
}
