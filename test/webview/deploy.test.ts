import assert from 'node:assert/strict';
import type { DeployToForm, DeployToHost } from '../../src/shared/messages';
import { form, plan, update, withProblems } from './deployData';
import { webviewHarness, type WebviewOptions, type WebviewPage } from './harness';
import { deploying } from './operations';

type Message<T extends DeployToHost['type']> = Extract<DeployToHost, { type: T }>;
const URL = 'https://ada.localhost';

describe('the deploy page', function () {
  this.timeout(20_000);
  const harness = webviewHarness();

  /** The page after the host's answers: the form to `ready`, the plan to `changed` as the core would make it. */
  async function openPage(options: Partial<WebviewOptions> = {}): Promise<WebviewPage> {
    let kept: Extract<DeployToForm, { type: 'form' }> = { type: 'form', form };
    const page = await harness.open({
      bundle: 'deploy',
      host: (value): DeployToForm | undefined => {
        const message = value as DeployToHost;
        if (message.type === 'ready') return kept;
        if (message.type !== 'changed') return undefined;
        kept = { ...kept, answers: message.answers };
        const { DOMAIN = '', CADDY_PASSWORD = '' } = message.answers.values;
        const problems = {
          ...(DOMAIN.includes('=') ? { DOMAIN: 'DOMAIN is no domain name.' } : {}),
          ...(CADDY_PASSWORD === '' ? { CADDY_PASSWORD: 'Type a password.' } : {}),
        };
        return { type: 'plan', plan: { ...plan, problems } };
      },
      ...options,
    });
    await page.page.getByText('What will happen').waitFor();
    return page;
  }
  const sent = <T extends DeployToHost['type']>(page: WebviewPage, type: T): Message<T>[] =>
    page.posted.filter((message): message is Message<T> => (message as DeployToHost).type === type);
  const answer = <T extends DeployToHost['type']>(page: WebviewPage, type: T) =>
    page.message<Message<T>>((message) => message.type === type);
  const password = (page: WebviewPage) => page.page.getByLabel('CADDY_PASSWORD', { exact: true });
  const deploy = (page: WebviewPage) => page.page.getByRole('button', { name: 'Deploy', exact: true });

  it('says at once what is wrong in the files, with values that mend it one click away', async () => {
    const page = await openPage();
    await page.page.getByText(/The value repeats its own name/).waitFor();
    await page.page.getByRole('button', { name: 'ada.localhost', exact: true }).click();
    assert.equal(await page.page.getByLabel('DOMAIN', { exact: true }).inputValue(), 'ada.localhost');
    assert.equal(await page.page.getByText(/The value repeats its own name/).count(), 0);
    await page.page.getByRole('button', { name: /sslip\.io/ }).waitFor();
  });

  it('shows the comments of the file as help', async () => {
    const page = await openPage();
    const id = await page.page.getByLabel('DOMAIN', { exact: true }).getAttribute('aria-describedby');
    assert.match(id ?? '', /field-DOMAIN-problem field-DOMAIN-help/);
    assert.match(await page.page.locator('#field-DOMAIN-help').innerText(), /The name under which the notebook is published\.\nReplace it/);
  });

  it('cannot be deployed while something is missing, and says what', async () => {
    const page = await openPage();
    await page.page.getByRole('button', { name: 'Deploy', exact: true, disabled: true }).waitFor();
    await page.page.getByRole('button', { name: 'CADDY_PASSWORD', exact: true }).click();
    assert.equal(await password(page).evaluate((field: { matches(selector: string): boolean }) => field.matches(':focus')), true);
    await password(page).press('Enter');
    await page.page.getByText('Type a password.').waitFor();
    assert.equal(sent(page, 'deploy').length, 0);
  });

  it('deploys by keyboard alone: pick a domain, type a password, Enter; a second Enter sends nothing', async () => {
    const page = await openPage();
    const { keyboard } = page.page;
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.page.getByLabel('DOMAIN', { exact: true }).and(page.page.locator('[aria-invalid=false]')).waitFor();
    await password(page).focus();
    await keyboard.type('correct horse');
    await page.page.getByRole('button', { name: 'Deploy', exact: true, disabled: false }).waitFor();
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    assert.deepEqual(await answer(page, 'deploy'), {
      type: 'deploy',
      answers: {
        values: { DOMAIN: 'ada.localhost', CADDY_USERNAME: 'student', CADDY_PASSWORD: 'correct horse' },
        fixes: ['unit-user', 'frozen'],
      },
    });
    assert.equal(sent(page, 'deploy').length, 1);
  });

  it('sends one deployment for a double click', async () => {
    const page = await openPage();
    await page.page.getByRole('button', { name: 'ada.localhost', exact: true }).click();
    await password(page).fill('correct horse');
    await deploy(page).dblclick();
    await page.page.getByRole('button', { name: 'Deploying…', disabled: true }).waitFor();
    assert.equal(sent(page, 'deploy').length, 1);
  });

  it('counts the bytes of a password while it is typed, hides it, and shows it when asked', async () => {
    const page = await openPage();
    await password(page).fill('é'.repeat(37));
    await page.page.getByText('The password has 74 bytes; bcrypt and Caddy take at most 72.').waitFor();
    assert.equal(await password(page).getAttribute('type'), 'password');
    await page.page.getByRole('button', { name: 'Show CADDY_PASSWORD' }).click();
    assert.equal(await password(page).getAttribute('type'), 'text');
    await page.page.getByText(/Hashed on this computer/).waitFor();
  });

  it('keeps passwords out of what the editor writes to disk, and has them from the host when shown again', async () => {
    const page = await openPage();
    await password(page).fill('correct horse');
    assert.equal(await page.page.evaluate<string | null>("sessionStorage.getItem('state')"), null);
    await page.reshow();
    await page.page.getByText('What will happen').waitFor();
    assert.equal(await password(page).inputValue(), 'correct horse');
  });

  it('lists findings worst first, and shows and leaves out their fixes', async () => {
    const page = await openPage();
    const messages = await page.page.locator('.findings li .note').allInnerTexts();
    assert.deepEqual(
      messages.map((message) => message.trim().split(':')[0]),
      ['Error', 'Warning', 'Note'],
    );
    await page.page.getByRole('button', { name: 'Show change in jupyter-caddy.service' }).first().click();
    const shown = await answer(page, 'showChange');
    assert.equal(shown.path, 'jupyter-caddy.service');
    assert.equal(shown.findingId, 'unit-user');
    await page.page.getByText('Use quay.io/jupyter/scipy-notebook').click();
    const last = sent(page, 'changed').at(-1);
    assert.deepEqual(last?.answers.fixes, ['unit-user']);
  });

  it('sets aside what is not for this project, with its fix, says how many, and tells it again when asked', async () => {
    const page = await openPage();
    await page.page.getByRole('button', { name: /^Not for this project: jupyter\/scipy-notebook on Docker Hub/ }).click();
    assert.deepEqual((await answer(page, 'setAside')).ids, ['frozen']);
    assert.deepEqual(sent(page, 'changed').at(-1)?.answers.fixes, ['unit-user']);
    assert.equal(await page.page.getByRole('button', { name: /^Not for this project: jupyter-caddy/ }).count(), 0, 'an error stays');
    await page.page.getByText('1 set aside for this project').click();
    await page.page.getByRole('button', { name: /^Tell again: jupyter\/scipy-notebook/ }).click();
    await page.message<Partial<Message<'setAside'>>>(({ ids }) => ids?.length === 0);
  });

  it('leads to the form over the folder’s .env', async () => {
    const page = await openPage();
    await page.page.getByRole('button', { name: 'Edit the folder’s .env as a form' }).click();
    await answer(page, 'editEnv');
  });

  it('groups what it says by file', async () => {
    const findings = form.findings.map((finding, i) =>
      i === 0 ? finding : { ...finding, where: i === 1 ? 'jupyter.service:3' : 'compose.yml:7' },
    );
    const page = await openPage({
      host: (value) => ((value as DeployToHost).type === 'ready' ? { type: 'form', form: { ...form, findings } } : { type: 'plan', plan }),
    });
    assert.deepEqual(await page.page.getByRole('heading', { level: 3 }).allInnerTexts(), ['jupyter.service', 'compose.yml', 'The stack']);
    await page.shot('deploy-grouped');
  });

  it('shows what an update changes against what serves, with a diff one click away', async () => {
    const page = await openPage();
    await page.send({ type: 'plan', plan: { ...plan, update } } satisfies DeployToForm);
    const changes = page.page.getByRole('region', { name: 'What changes' });
    await changes.getByText('Files: 1 changed, 1 new, 1 goes').waitFor();
    await changes.getByText('jupyter ended with code 1.').waitFor();
    await changes.getByText('Variables: 1 changed, 1 typed anew').waitFor();
    await changes.getByText('caddy:2.9 → caddy:2.10').waitFor();
    assert.equal(await changes.getByRole('button', { name: 'data/large.bin' }).count(), 0, 'what is no text has no diff');
    await changes.getByRole('button', { name: 'Compare compose.yml' }).click();
    assert.equal((await answer(page, 'showUpdate')).path, 'compose.yml');
    await deploy(page).waitFor();
  });

  it('says before the click that there is nothing to do', async () => {
    const page = await openPage();
    const nothing = { ...update, files: [], env: [], images: [], unit: 'same', ill: [], nothing: true } as const;
    await page.send({ type: 'plan', plan: { ...plan, update: nothing } } satisfies DeployToForm);
    await page.page.getByText(/Nothing to do: what is in the folder serves already, since .*2026/).waitFor();
    await page.page.getByRole('button', { name: 'Prove It Again', disabled: false }).waitFor();
  });

  it('shows the deployment step by step with the log of the step that runs, and can cancel it', async () => {
    const page = await openPage();
    await page.send({
      type: 'operation',
      view: deploying.running,
      logTail: ['first-steps.ipynb'],
      url: URL,
      notebooks: [],
    } satisfies DeployToForm);
    await page.page.getByText('12 of 40 files, 1.2 MB').waitFor();
    await page.page.getByRole('progressbar', { name: 'Upload jupyter-lab' }).waitFor();
    await page.page.getByRole('region', { name: 'Log of: Upload jupyter-lab' }).getByText('first-steps.ipynb').waitFor();
    await page.page.getByText('not needed').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    await answer(page, 'cancel');
  });

  it('ends with the proof, the address, and a button that opens it', async () => {
    const page = await openPage();
    const { notebooks } = plan;
    await page.send({ type: 'operation', view: deploying.done, logTail: [], url: URL, notebooks } satisfies DeployToForm);
    const banner = page.page.locator('.banner.done');
    assert.match(await banner.innerText(), /https:\/\/ada\.localhost[^]*401 without the password, 200 with it/);
    await page.page.getByRole('button', { name: 'Open site' }).click();
    await answer(page, 'openSite');
    await page.page.getByRole('button', { name: 'Open first-steps.ipynb' }).click();
    await page.message<Message<'openSite'>>(({ notebook }) => notebook === 'first-steps.ipynb');
  });

  it('shows the step that failed with its last lines, and comes back as it was', async () => {
    const page = await openPage();
    await page.send({
      type: 'operation',
      view: deploying.failed,
      logTail: ['OSError: [Errno 13] Permission denied'],
      url: URL,
      notebooks: [],
    } satisfies DeployToForm);
    await page.page.getByText(/did not become healthy: jupyter exited with 1/).waitFor();
    await page.page.getByText('OSError: [Errno 13] Permission denied').waitFor();
    await page.page.getByRole('button', { name: 'Try again' }).click();
    await answer(page, 'again');
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`has nothing that axe objects to in the ${theme} theme: with problems, ready, running, done, failed`, async () => {
      const page = await openPage({ theme });
      const found = { problems: await page.violations() } as Record<string, string[]>;
      await page.shot(`deploy-${theme}-problems`);
      await page.page.getByRole('button', { name: 'ada.localhost', exact: true }).click();
      await password(page).fill('correct horse');
      found.ready = await page.violations();
      await page.shot(`deploy-${theme}-ready`);
      await page.send({ type: 'plan', plan: { ...plan, update } } satisfies DeployToForm);
      await page.page.getByText('What changes').waitFor();
      found.update = await page.violations();
      await page.shot(`deploy-${theme}-update`);
      for (const state of ['running', 'done', 'failed'] as const) {
        await page.send({
          type: 'operation',
          view: deploying[state],
          logTail: ['one line', 'another'],
          url: URL,
          notebooks: [],
        } satisfies DeployToForm);
        found[state] = await page.violations();
        await page.shot(`deploy-${theme}-${state}`);
      }
      assert.deepEqual(found, { problems: [], ready: [], update: [], running: [], done: [], failed: [] });
      assert.deepEqual(page.problems, []);
    });
  }

  it('fits into 320 pixels without a scroll to the side', async () => {
    const page = await openPage({ viewport: { width: 320, height: 900 } });
    assert.equal(await page.page.evaluate<number>('document.documentElement.scrollWidth'), 320);
    await page.shot('deploy-narrow');
    await page.send({ type: 'plan', plan: withProblems } satisfies DeployToForm);
    await page.send({
      type: 'operation',
      view: deploying.failed,
      logTail: ['x'.repeat(400)],
      url: URL,
      notebooks: [],
    } satisfies DeployToForm);
    assert.equal(await page.page.evaluate<number>('document.documentElement.scrollWidth'), 320);
  });
});
