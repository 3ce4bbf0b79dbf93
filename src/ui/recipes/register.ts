import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { isAddress, sslipName } from '../../core/deploy/domain';
import { answerProblem } from '../../core/recipes/answers';
import type { AppRegistration } from '../../core/recipes/signIn';
import { pastedProblem, registrationOf } from '../../core/recipes/signIn';
import type { WizardStep } from '../quick/wizard';
import { wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseHubFolder, writeEnv } from './hubFolder';

/**
 * Registers the hub at GitHub: its form is opened with the values, what GitHub then shows goes into .env.
 * @param machine the one that it is about to be deployed to: its name is offered
 */
export async function registerHub(ui: Ui, arg: unknown, machine?: Machine): Promise<void> {
  const title = l10n.t('Register Hub with GitHub');
  const hub = await chooseHubFolder(arg, title);
  const server = hub.env.get('GITHUB_HOST') ?? '';
  const known = hub.env.get('DOMAIN') ?? '';
  const now = {
    domain: known !== '' || machine === undefined ? known : await nameOf(ui, machine),
    id: hub.env.get('OAUTH_CLIENT_ID') ?? '',
    secret: '',
  };
  const variable = {
    name: 'DOMAIN',
    label: l10n.t('Name of the site'),
    type: 'domain' as const,
    required: true,
    choices: [],
    others: false,
    ask: true,
    env: true,
    when: {},
  };
  const steps: WizardStep[] = [
    async (ask) => {
      now.domain = (
        await ask.input({
          prompt: l10n.t('Name under which the hub is opened in a browser'),
          value: now.domain,
          placeholder: 'hub.example.edu',
          validate: (value) => answerProblem(variable, value),
        })
      ).trim();
      return undefined;
    },
    async (ask) => {
      const app = registrationOf(now.domain, hub.compose, server === '' ? undefined : server);
      for (;;) {
        const act = await ask.pick({
          placeholder: l10n.t('GitHub has to know the hub: make an app there, then go on here'),
          items: choices(app),
        });
        if (act === 'go on') return undefined;
        await act();
      }
    },
    async (ask) => {
      const prompt = l10n.t('Client ID, as GitHub shows it on the page of the app');
      now.id = (await ask.input({ prompt, value: now.id, validate: pastedProblem })).trim();
      return undefined;
    },
    async (ask) => {
      const prompt = l10n.t('Client secret: “Generate a new client secret” on the same page. GitHub shows it once.');
      now.secret = (await ask.input({ prompt, password: true, validate: pastedProblem })).trim();
      return undefined;
    },
  ];
  await wizard(title, steps);
  await writeEnv(ui, hub, { DOMAIN: now.domain, OAUTH_CLIENT_ID: now.id, OAUTH_CLIENT_SECRET: now.secret });
  if (machine) return;
  const deploy = { label: l10n.t('Deploy…'), act: () => vscode.commands.executeCommand('skylab.deploy', hub.uri) };
  ui.notifications.tell(l10n.t('The app’s ID and secret are in the hub’s .env, which only you can read.'), [deploy]);
}

/** A name that leads to the machine already: its own in DNS, or the public one of its address. */
async function nameOf(ui: Ui, machine: Machine): Promise<string> {
  const own = machine.kind === 'instance' ? machine.instance.tags['skylab:dns'] : undefined;
  if (own !== undefined) return own;
  const { hostName } = await ui.services.access.prepare(machine);
  const address = machine.kind === 'instance' ? (machine.instance.publicAddress ?? hostName) : hostName;
  return isAddress(address) ? sslipName(address) : address;
}

function choices(app: AppRegistration) {
  const copy = (text: string) => async () => vscode.env.clipboard.writeText(text);
  return [
    {
      label: `$(link-external) ${l10n.t('Open GitHub’s form')}`,
      detail: l10n.t('With these values filled in'),
      value: (async () => vscode.env.openExternal(vscode.Uri.parse(app.page, true))) as (() => unknown) | 'go on',
    },
    { label: `$(copy) ${l10n.t('Copy the homepage')}`, description: app.homepage, value: copy(app.homepage) },
    { label: `$(copy) ${l10n.t('Copy the callback')}`, description: app.callback, value: copy(app.callback) },
    { label: `$(arrow-right) ${l10n.t('The app is there: go on')}`, value: 'go on' as const },
  ];
}
