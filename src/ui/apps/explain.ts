import { l10n } from 'vscode';
import { explainTrouble } from '../../core/apps/trouble';
import { troubleFacts } from '../../core/apps/troubleFacts';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import type { ChosenApp } from './choose';

/** Asks the site and everything behind it, and shows what that says. */
export async function explain(ui: Ui, { machine, app }: ChosenApp): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const { serving, units, name } = app;
  const command = troubleFacts(
    serving.app,
    units.map((unit) => unit.name),
  );
  const facts = await busy(l10n.t('Asking {0} on {1}', name, machine.name), (signal) => upkeep.look(machine, command, signal));
  const findings = explainTrouble(serving.app, facts);
  const status = (value: number): string => (value === 0 ? l10n.t('no answer') : String(value));
  const report = [
    `# ${l10n.t('{0} on {1}', name, machine.name)}`,
    '',
    ...findings.flatMap(({ text, next }) => [text, '', `**${l10n.t('What to do:')}** ${next}`, '']),
    `## ${l10n.t('What was seen')}`,
    '',
    `- ${l10n.t('The web server ({0}, {1}) answers: {2}', serving.app.proxy.kind, facts.proxyState, status(facts.proxied.status))}`,
    `- ${l10n.t('gunicorn answers at its socket: {0}, in {1} s', status(facts.direct.status), facts.direct.seconds.toFixed(1))}`,
    ...facts.units.map((unit) => `- ${unit.name}: ${unit.state}${unit.result === 'success' ? '' : ` (${unit.result})`}`),
    '',
    `## ${l10n.t('The end of gunicorn’s journal')}`,
    '',
    '```',
    ...facts.journal.slice(-20).map((line) => line.replaceAll('```', "'''")),
    '```',
    '',
  ].join('\n');
  await ui.documents.showText(`${l10n.t('{0} on {1}', name, machine.name).replaceAll(/[\\/]/g, ' ')}.md`, report);
}
