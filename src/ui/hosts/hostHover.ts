import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { sampleNames } from '../../core/ssh/config/compare';
import { canonicalName } from '../../core/ssh/config/keywords';
import { runsCommands } from '../../core/ssh/config/mirror';
import type { SshOracle } from '../../core/ssh/config/ports';
import type { Problem } from '../../core/ssh/config/problems';
import { resolve } from '../../core/ssh/config/resolve';
import type { ConfigTree, HostEntry } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import { escapeMarkdown } from '../model/markdown';

/** Lines of a hover at most. */
const LINES = 14;

/** What is wrong with an entry, then what applies to its name and which line says so; user, host and port as `ssh -G` gives them. */
export async function hoverOf(
  entry: HostEntry,
  tree: ConfigTree,
  problems: readonly Problem[],
  oracle: SshOracle,
): Promise<vscode.MarkdownString> {
  const host = entry.kind === 'host' ? entry.label : sampleNames(entry.block)[0];
  const lines = [`**${escapeMarkdown(shownText(entry.label))}**`, ''];
  for (const { severity, message } of problems)
    lines.push(`- ${severity === 'error' ? l10n.t('Broken') : l10n.t('Check')}: ${escapeMarkdown(message)}`);
  if (problems.length > 0) lines.push('');
  if (host === undefined) lines.push(l10n.t('Applies to hosts that meet this condition.'));
  else {
    const answer = (await oracle.ask(tree, [host]))?.get(host);
    if (answer?.kind === 'values') {
      const [user, name, port] = ['user', 'hostname', 'port'].map((keyword) => shownText(answer.values.get(keyword)?.[0] ?? ''));
      lines.push(l10n.t('`ssh {0}` goes to {1}', code(host), `\`${code(`${user ?? ''}@${name ?? ''}:${port ?? ''}`)}\``), '');
    } else if (answer?.kind === 'refused') lines.push(l10n.t('ssh refuses: {0}', escapeMarkdown(shownText(answer.message))), '');
    lines.push(...sources(tree, host));
  }
  if (runsCommands(tree)) lines.push('', l10n.t('Commands of `Match exec` were not run: they are taken to say no.'));
  return new vscode.MarkdownString(lines.join('\n'));
}

function sources(tree: ConfigTree, host: string): string[] {
  const all = [...resolve(tree, host).values].flatMap(([keyword, lines]) => lines.map((line) => ({ keyword, line })));
  const shown = all.slice(0, LINES).map(({ keyword, line }) => {
    const place = `${line.file.path.split(/[\\/]/).pop() ?? ''}:${line.directive.line + 1}`;
    return `| ${escapeMarkdown(canonicalName(keyword))} | ${escapeMarkdown(shownText(line.directive.raw).slice(0, 80))} | ${escapeMarkdown(place)} |`;
  });
  const rest = all.length > LINES ? ['', l10n.t('and {0} more', all.length - LINES)] : [];
  return shown.length === 0 ? [] : ['| | | |', '|:--|:--|:--|', ...shown, ...rest];
}

function code(text: string): string {
  return text.replaceAll('`', "'");
}
