import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { generateUnit } from '../../core/deploy/unitFile';
import type { TimerPlan } from '../../core/units/generate';
import { commandUnits, pythonApp, workers } from '../../core/units/generate';
import { unitNameProblem } from '../../core/units/names';
import type { UnitFile } from '../../core/units/verify';
import { chooseMachine } from '../commands/choose';
import { busy } from '../notifications';
import type { Ask, Pick, WizardStep } from '../quick/wizard';
import { required, wizard } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';

type Kind = 'python' | 'huey' | 'celery' | 'rq' | 'always' | 'once' | 'timer' | 'stack';

/** Asks what is to run, and opens the units for it as documents: to be read, edited, and installed from there. */
export async function newUnit(ui: Ui, arg: unknown): Promise<void> {
  let user = 'www-data';
  if (isNode(arg)) {
    const machine = await chooseMachine(ui, arg, l10n.t('New service'));
    user = (await busy(l10n.t('Asking {0}', machine.name), (signal) => ui.services.access.session(machine, signal))).user;
  }
  const files = await askFor(user);
  for (const { path, text } of files) await openDraft(path, text);
}

/** A document that is not saved, named as the unit is. */
async function openDraft(name: string, text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: 'untitled', path: name }));
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  await editor.edit((edit) => edit.replace(whole, text));
  await vscode.languages.setTextDocumentLanguage(document, 'systemd-unit');
}

/** The answers so far; each step fills its own. */
interface Answers {
  kind: Kind;
  name: string;
  user: string;
  folder: string;
  venv: string;
  target: string;
  count: number;
  seconds: number;
  bind: string;
  command: string;
  when: TimerPlan;
  environmentFile: string;
  hardened: boolean;
}

async function askFor(user: string): Promise<UnitFile[]> {
  const a: Answers = {
    kind: 'python',
    name: '',
    user,
    folder: '',
    venv: '',
    target: '',
    count: 2,
    seconds: 60,
    bind: '',
    command: '',
    when: { calendar: 'daily' },
    environmentFile: '',
    hardened: true,
  };
  const isWorker = (): boolean => a.kind === 'huey' || a.kind === 'celery' || a.kind === 'rq';
  const isPython = (): boolean => a.kind === 'python' || isWorker();
  const steps: WizardStep[] = [
    (ask) => askKind(ask, a),
    async (ask) => {
      const validate = (name: string): string | undefined => required(l10n.t('a name'))(name) ?? unitNameProblem(`${name.trim()}.service`);
      const prompt = l10n.t('A name for the service, such as coralnet-web');
      a.name = (await ask.input({ prompt, value: a.name, validate })).trim();
    },
    async (ask) => {
      const validate = (name: string): string | undefined =>
        /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) ? undefined : l10n.t('Type the name of a user of the machine.');
      a.user = await ask.input({ prompt: l10n.t('The user of the machine that it runs as'), value: a.user, validate });
    },
    async (ask) => {
      const prompt = l10n.t('The folder on the machine in which it runs, an absolute path');
      const value = a.folder === '' ? `/home/${a.user}/${a.name}` : a.folder;
      a.folder = await ask.input({ prompt, value, validate: absolute });
    },
    async (ask) => {
      if (!isPython()) return false;
      const prompt = l10n.t('Its virtual environment, an absolute path');
      a.venv = await ask.input({ prompt, value: a.venv === '' ? `${a.folder}/.venv` : a.venv, validate: absolute });
      return true;
    },
    async (ask) => {
      if (!isPython()) return false;
      const questions: Partial<Record<Kind, readonly [prompt: string, value: string]>> = {
        python: [l10n.t('The application: module:name'), 'config.wsgi:application'],
        huey: [l10n.t('manage.py for Django, or the module and name of the huey'), 'manage.py'],
        celery: [l10n.t('The celery application, such as config'), 'config'],
        rq: [l10n.t('The queue of rq'), 'default'],
      };
      const [prompt, example] = questions[a.kind] ?? ['', ''];
      const validate = (value: string): string | undefined =>
        /^[\w.:/-]+$/.test(value) ? undefined : l10n.t('Letters, digits and . : / - only.');
      a.target = await ask.input({ prompt, value: a.target === '' ? example : a.target, validate });
      return true;
    },
    async (ask) => {
      if (!isPython()) return false;
      const prompt = isWorker()
        ? l10n.t('How many of them run side by side?')
        : l10n.t('How many worker processes? Often 2 × processors + 1');
      a.count = Number(await ask.input({ prompt, value: String(a.count), validate: whole }));
      return true;
    },
    async (ask) => {
      if (!isPython()) return false;
      const prompt = isWorker()
        ? l10n.t('Seconds that one job takes at most: it gets twice as long to end')
        : l10n.t('Seconds after which a request is given up');
      a.seconds = Number(await ask.input({ prompt, value: String(a.seconds), validate: whole }));
      return true;
    },
    async (ask) => {
      if (a.kind !== 'python') return false;
      const validate = (value: string): string | undefined =>
        value === '' || /^[\w.:[\]-]+:\d+$/.test(value) ? undefined : l10n.t('Type an address and a port, such as 127.0.0.1:8000.');
      const prompt = l10n.t('Address and port; nothing makes a socket /run/{0}/{0}.sock', a.name);
      a.bind = await ask.input({ prompt, value: a.bind, validate });
      return true;
    },
    async (ask) => {
      if (isPython() || a.kind === 'stack') return false;
      a.command = await ask.input({
        prompt: l10n.t('The command, as you would type it'),
        value: a.command,
        validate: required(l10n.t('a command')),
      });
      return true;
    },
    (ask) => (a.kind === 'timer' ? askWhen(ask, a) : Promise.resolve(false)),
    async (ask) => {
      if (a.kind === 'stack') return false;
      const prompt = l10n.t('A file of NAME=value lines for its environment; nothing for none');
      const value = a.environmentFile === '' && isPython() ? `${a.folder}/.env` : a.environmentFile;
      a.environmentFile = await ask.input({ prompt, value, validate: (text) => (text === '' ? undefined : absolute(text)) });
      return true;
    },
    async (ask) => {
      if (a.kind === 'stack') return false;
      const items: Pick<boolean>[] = [
        {
          label: `$(shield) ${l10n.t('Shut in')}`,
          description: l10n.t('without sudo, and what else an ordinary service never needs'),
          value: true,
        },
        { label: l10n.t('May do what its user may'), value: false },
      ];
      a.hardened = await ask.pick({ placeholder: l10n.t('What may it do on the machine?'), items });
      return true;
    },
  ];
  await wizard(l10n.t('New service'), steps);
  return filesOf(a);
}

async function askKind(ask: Ask, answers: Answers): Promise<undefined> {
  const items: Pick<Kind>[] = [
    { label: `$(globe) ${l10n.t('Python web app')}`, description: 'gunicorn', value: 'python' },
    { label: `$(gear) ${l10n.t('Worker')}`, description: 'huey', value: 'huey' },
    { label: `$(gear) ${l10n.t('Worker')}`, description: 'celery', value: 'celery' },
    { label: `$(gear) ${l10n.t('Worker')}`, description: 'rq', value: 'rq' },
    { label: `$(terminal) ${l10n.t('Command that keeps running')}`, description: l10n.t('started again when it fails'), value: 'always' },
    { label: `$(run) ${l10n.t('Command at every start of the machine')}`, value: 'once' },
    { label: `$(watch) ${l10n.t('Command by a timer')}`, description: l10n.t('instead of cron'), value: 'timer' },
    { label: `$(package) ${l10n.t('Compose stack')}`, description: l10n.t('docker compose up at boot'), value: 'stack' },
  ];
  answers.kind = await ask.pick({ placeholder: l10n.t('What is to run?'), items, active: (kind) => kind === answers.kind });
  return undefined;
}

async function askWhen(ask: Ask, answers: Answers): Promise<true> {
  const items: Pick<TimerPlan | undefined>[] = [
    { label: l10n.t('Every hour'), value: { calendar: 'hourly' } },
    { label: l10n.t('Every night at 3'), value: { calendar: '*-*-* 03:00:00' } },
    { label: l10n.t('Every Monday at 6'), value: { calendar: 'Mon *-*-* 06:00:00' } },
    { label: l10n.t('Every 10 minutes'), value: { every: '10min' } },
    { label: l10n.t('Another time…'), value: undefined },
  ];
  const chosen = await ask.pick({ placeholder: l10n.t('When?'), items });
  if (chosen !== undefined) {
    answers.when = chosen;
    return true;
  }
  const prompt = l10n.t('As systemd writes it: Mon..Fri 09:00, *-*-01 04:00:00');
  const validate = (value: string): string | undefined => (/^[\w *.,:/~-]+$/.test(value) ? undefined : required(l10n.t('a time'))(value));
  answers.when = { calendar: await ask.input({ prompt, validate }) };
  return true;
}

const absolute = (value: string): string | undefined =>
  value.startsWith('/') && !value.endsWith('\\') && value === value.trim() ? undefined : l10n.t('Type an absolute path.');
const whole = (value: string): string | undefined => (/^[1-9]\d{0,5}$/.test(value) ? undefined : l10n.t('Type a number of 1 or more.'));

function filesOf(a: Answers): UnitFile[] {
  const { name, user, folder, venv, target, count } = a;
  const environmentFile = a.environmentFile === '' ? undefined : a.environmentFile;
  const common = { name, user, folder, environmentFile, hardened: a.hardened, venv, description: name };
  switch (a.kind) {
    case 'python':
      return [pythonApp({ ...common, module: target, workers: count, bind: a.bind === '' ? undefined : a.bind, timeout: a.seconds })];
    case 'huey':
    case 'celery':
    case 'rq':
      return workers({ ...common, kind: a.kind, target, count, jobSeconds: a.seconds });
    case 'always':
    case 'once':
      return commandUnits({ ...common, command: a.command, when: a.kind });
    case 'timer':
      return commandUnits({ ...common, command: a.command, when: a.when });
    case 'stack':
      return [{ path: `${name}.service`, text: generateUnit({ stack: name, user, group: user, workingDirectory: folder }) }];
  }
}
