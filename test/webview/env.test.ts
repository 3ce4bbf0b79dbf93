import assert from 'node:assert/strict';
import type { EnvForm, EnvToForm, EnvToHost } from '../../src/shared/envModel';
import { envForm } from './envData';
import { webviewHarness, type WebviewOptions, type WebviewPage } from './harness';

type Message<T extends EnvToHost['type']> = Extract<EnvToHost, { type: T }>;

describe('the form over a .env file', function () {
  this.timeout(20_000);
  const harness = webviewHarness();

  /** The page with a host that takes what is typed into its form, as the document does. */
  async function openPage(options: Partial<WebviewOptions> = {}, first: EnvForm = envForm): Promise<WebviewPage> {
    let form = first;
    let count = 0;
    const page = await harness.open({
      bundle: 'env',
      host: (value): EnvToForm | undefined => {
        const message = value as EnvToHost;
        if (message.type === 'set') {
          form = withValue(form, message.key, message.value);
          count = message.count;
          return undefined;
        }
        return message.type === 'ready' || message.type === 'leave' ? { type: 'form', form, count } : undefined;
      },
      ...options,
    });
    await page.page.getByRole('heading', { name: '.env' }).waitFor();
    return page;
  }
  const field = (page: WebviewPage, key: string) => page.page.locator(`#field-${key}`);
  const sent = <T extends EnvToHost['type']>(page: WebviewPage, type: T): Message<T>[] =>
    page.posted.filter((message): message is Message<T> => (message as EnvToHost).type === type);
  const answer = <T extends EnvToHost['type']>(page: WebviewPage, type: T) => page.message<Message<T>>((message) => message.type === type);

  it('has a field for each variable in the order of the file, under the headings of its comments', async () => {
    const page = await openPage();
    const ids = await page.page
      .locator('main [id^="field-"]:is(input, select, textarea)')
      .evaluateAll((all: { id: string }[]) => all.map(({ id }) => id));
    assert.deepEqual(
      ids,
      envForm.sections.flatMap(({ fields }) => fields.map(({ key }) => `field-${key}`)),
    );
    assert.deepEqual(await page.page.getByRole('heading', { level: 2 }).allInnerTexts(), ['Database', 'Notebooks', 'Not in this file']);
    assert.match(
      await page.page.locator('#field-DOMAIN-help').innerText(),
      /The name under which the hub is opened in a browser\.\nIt has to point/,
    );
  });

  it('sends what is typed, and does not let an older answer overwrite it', async () => {
    const page = await openPage();
    await field(page, 'LAB_USER').fill('ada');
    await page.send({ type: 'form', form: envForm, count: 0 } satisfies EnvToForm);
    assert.equal(await field(page, 'LAB_USER').inputValue(), 'ada');
    assert.deepEqual(sent(page, 'set').at(-1), { type: 'set', key: 'LAB_USER', value: 'ada', count: 1 });
    await field(page, 'LAB_USER').blur();
    await answer(page, 'leave');
  });

  it('shows what was changed in the text meanwhile', async () => {
    const page = await openPage();
    await page.send({ type: 'form', form: withValue(envForm, 'DATA_DIR', '/mnt/data'), count: 0 } satisfies EnvToForm);
    await page.page.locator('#field-DATA_DIR').waitFor();
    assert.equal(await field(page, 'DATA_DIR').inputValue(), '/mnt/data');
  });

  it('hides secrets until they are asked for, and makes new ones of as many bytes as wanted', async () => {
    const page = await openPage();
    const secret = field(page, 'COOKIE_SECRET');
    assert.equal(await secret.getAttribute('type'), 'password');
    await page.page.getByRole('button', { name: 'Show COOKIE_SECRET' }).click();
    assert.equal(await secret.inputValue(), '0123456789abcdef0123456789abcdef');
    await page.page.getByLabel('Bytes of COOKIE_SECRET').fill('16');
    await page.page.getByLabel('Bytes of COOKIE_SECRET').blur();
    await page.page.getByRole('button', { name: 'Generate COOKIE_SECRET' }).click();
    const hex = (await answer(page, 'set')).value;
    assert.match(hex, /^[0-9a-f]{32}$/);
    await page.page.getByLabel('Letters of COOKIE_SECRET').selectOption('letters');
    await page.page.getByRole('button', { name: 'Generate COOKIE_SECRET' }).click();
    const letters = await page.message<Message<'set'>>(({ count }) => count === 2);
    assert.match(letters.value, /^[A-Za-z0-9]{22}$/);
    await answer(page, 'leave');
  });

  it('sends a password only to be hashed, by Enter, and says when it is in the file', async () => {
    const page = await openPage();
    const password = field(page, 'LAB_PASSWORD');
    assert.equal(await password.inputValue(), '');
    await password.fill('correct horse battery');
    await page.page.getByText('Strong password').waitFor();
    await password.press('Enter');
    assert.deepEqual(await answer(page, 'hash'), { type: 'hash', key: 'LAB_PASSWORD', password: 'correct horse battery' });
    await page.page.getByRole('button', { name: 'Hashing…', disabled: true }).waitFor();
    await page.send({ type: 'hashed', key: 'LAB_PASSWORD' } satisfies EnvToForm);
    await page.page.getByText('Hashed and in the file.').waitFor();
    assert.equal(await password.inputValue(), '');
    assert.deepEqual(sent(page, 'set'), []);
    assert.equal(await page.page.evaluate<string | null>("sessionStorage.getItem('state')"), null);
  });

  it('says how good a password is, and what bcrypt cannot take', async () => {
    const page = await openPage();
    await page.page.getByText('Weak password').waitFor();
    await field(page, 'LAB_PASSWORD').fill('é'.repeat(37));
    await page.page.getByText('The password has 74 bytes; bcrypt and Caddy take at most 72.').waitFor();
    await page.page.getByRole('button', { name: 'Set Password', disabled: true }).waitFor();
  });

  it('switches in the words of the file', async () => {
    const page = await openPage();
    await page.page.getByLabel('ALLOW_EVERYONE').check();
    const { key, value } = await answer(page, 'set');
    assert.deepEqual([key, value], ['ALLOW_EVERYONE', 'yes']);
  });

  it('offers the choices of a recipe, and names that lead to a machine', async () => {
    const page = await openPage();
    await page.page.getByLabel(/Image of everyone/).selectOption('minimal');
    assert.equal((await answer(page, 'set')).value, 'minimal');
    await page.page.getByText('Python, a terminal, git and editors; 1.6 GB').waitFor();
    await page.page.getByRole('button', { name: '203-0-113-7.sslip.io (ada)' }).click();
    await page.message<Message<'set'>>(({ key, value }) => key === 'DOMAIN' && value === '203-0-113-7.sslip.io');
  });

  it('offers what the stack uses and the file lacks, and takes away what nothing uses', async () => {
    const page = await openPage();
    await page.page.getByRole('button', { name: 'Add LOG_LEVEL' }).click();
    assert.deepEqual((await answer(page, 'add')).keys, ['LOG_LEVEL']);
    await page.page.getByRole('button', { name: 'Add all 2' }).click();
    await page.message<Partial<Message<'add'>>>(({ keys }) => keys?.length === 2);
    await page.page.getByRole('button', { name: 'Remove it: OLD_NAME' }).click();
    assert.deepEqual(await answer(page, 'mend'), { type: 'mend', key: 'OLD_NAME', mend: 'remove' });
  });

  it('finds a variable by its name, its comment or the service that uses it', async () => {
    const page = await openPage();
    const search = page.page.getByLabel('Search variables');
    await search.fill('cookies');
    await page.page.getByText(/^1 of \d+$/).waitFor();
    assert.equal(await field(page, 'DOMAIN').count(), 0);
    await field(page, 'COOKIE_SECRET').waitFor();
    await search.fill('');
    await field(page, 'DOMAIN').waitFor();
  });

  it('says what Compose would refuse, with the way to its line', async () => {
    const page = await openPage();
    await page.send({
      type: 'broken',
      message: '.env, line 7: the value of A opens with " and never closes.',
      line: 7,
    } satisfies EnvToForm);
    await page.page.getByText(/opens with " and never closes/).waitFor();
    await page.page.getByRole('button', { name: 'Open as text' }).click();
    assert.equal((await answer(page, 'openText')).line, 7);
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`has nothing that axe objects to in the ${theme} theme`, async () => {
      const page = await openPage({ theme });
      await field(page, 'LAB_PASSWORD').fill('correct horse battery');
      await page.page.getByRole('button', { name: 'Show COOKIE_SECRET' }).click();
      assert.deepEqual(await page.violations(), []);
      await page.shot(`env-${theme}`);
      assert.deepEqual(page.problems, []);
    });
  }

  it('fits into 320 pixels without a scroll to the side', async () => {
    const page = await openPage({ viewport: { width: 320, height: 900 } });
    assert.equal(await page.page.evaluate<number>('document.documentElement.scrollWidth'), 320);
    await page.shot('env-narrow');
  });
});

function withValue(form: EnvForm, key: string, value: string): EnvForm {
  const sections = form.sections.map((section) => ({
    ...section,
    fields: section.fields.map((one) => (one.key === key ? { ...one, value } : one)),
  }));
  return { ...form, sections };
}
