import assert from 'node:assert/strict';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { LaunchToForm, LaunchToHost } from '../../src/shared/messages';
import { data, largeAccount, spec } from './launchData';
import { launching } from './operations';
import { webviewHarness, type WebviewOptions, type WebviewPage } from './harness';

type Message<T extends LaunchToHost['type']> = Extract<LaunchToHost, { type: T }>;

describe('the launch form', function () {
  this.timeout(20_000);
  const harness = webviewHarness();

  /** The form with an account's data, as after the host's answer to `ready`. */
  async function openForm(shown = data, options: Partial<WebviewOptions> = {}): Promise<WebviewPage> {
    const answer: LaunchToForm = { type: 'data', data: shown };
    const form = await harness.open({
      bundle: 'launch',
      host: (message) => ((message as LaunchToHost).type === 'ready' ? answer : undefined),
      ...options,
    });
    await form.page.getByLabel('Name', { exact: true }).waitFor();
    return form;
  }
  const sent = <T extends LaunchToHost['type']>(form: WebviewPage, type: T): Message<T>[] =>
    form.posted.filter((message): message is Message<T> => (message as LaunchToHost).type === type);
  const answer = <T extends LaunchToHost['type']>(form: WebviewPage, type: T) =>
    form.message<Message<T>>((message) => message.type === type);
  /** Rows of the list that is open now. */
  const options = (form: WebviewPage) => form.page.locator('skylab-combobox [role=option]');
  const launched = (form: WebviewPage) => answer(form, 'launch').then((message) => message.spec);

  it('wants only a name: type it, press Enter', async () => {
    const form = await openForm();
    await form.page.keyboard.type('ada');
    await form.page.keyboard.press('Enter');
    const expected: LaunchSpec = {
      ...spec,
      name: 'ada',
      keyPair: { kind: 'new', name: 'skylab-ada' },
      securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
    };
    assert.deepEqual(await launched(form), expected);
    assert.deepEqual(form.problems, []);
  });

  it('has the size, disk and ports of what the machine is for', async () => {
    const form = await openForm();
    await form.page.getByLabel('What is it for?').selectOption({ label: 'JupyterHub for a small class' });
    await form.page.getByLabel('Name', { exact: true }).fill('hub');
    await form.page.keyboard.press('Enter');
    const got = await launched(form);
    assert.equal(got.diskGiB, 40);
    assert.equal(got.instanceType, 'm7i.2xlarge');
    assert.equal(await form.page.getByLabel('What is it for?').inputValue(), 'jupyterhub');
  });

  it('is filled in and sent by keyboard alone', async () => {
    const form = await openForm();
    const { keyboard } = form.page;
    await keyboard.type('grace hopper');
    await keyboard.press('Tab');
    await keyboard.type('ubuntu');
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('ArrowRight');
    await keyboard.press('Tab');
    await keyboard.type('32 gib');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    const got = await launched(form);
    assert.equal(got.name, 'grace hopper');
    assert.equal(got.imageId, 'ami-ubuntu');
    assert.equal(got.instanceType, 'm7i.2xlarge');
    assert.deepEqual(got.keyPair, { kind: 'existing', name: 'laptop' });
    assert.deepEqual(got.securityGroup, { kind: 'new', name: 'skylab-grace-hopper', ssh: true, http: true, https: true });
  });

  it('sends one launch for a double click, and waits for the answer', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.page.getByRole('button', { name: 'Launch' }).dblclick();
    await form.page.getByLabel('Name', { exact: true }).press('Enter');
    await form.page.getByRole('button', { name: 'Launching…', disabled: true }).waitFor();
    assert.equal(sent(form, 'launch').length, 1);
  });

  it('says nothing about a field before the person was there, and says it beside the field while typing', async () => {
    const form = await openForm();
    const name = form.page.getByLabel('Name', { exact: true });
    assert.equal(await name.getAttribute('aria-invalid'), 'false');
    await name.fill('x'.repeat(300));
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    const id = await name.getAttribute('aria-describedby');
    assert.match(await form.page.locator(`#${id ?? ''}`).innerText(), /300 characters; at most 255/);
    await name.fill('ada');
    assert.equal(await name.getAttribute('aria-invalid'), 'false');
    assert.equal(await form.page.getByText('300 characters').count(), 0);
  });

  it('takes an unfinished form nowhere: the first problem gets the focus', async () => {
    const form = await openForm();
    await form.page.getByRole('button', { name: 'Launch' }).click();
    await form.page.getByText('Type a name for the machine.').waitFor();
    assert.equal(
      await form.page
        .getByLabel('Name', { exact: true })
        .evaluate((field: { matches(selector: string): boolean }) => field.matches(':focus')),
      true,
    );
    assert.equal(sent(form, 'launch').length, 0);
  });

  it('checks disk, number of machines and set-up script while they are typed', async () => {
    const form = await openForm();
    await form.page.getByLabel('Disk (GiB)').fill('4');
    await form.page.getByText('This image needs a disk of at least 8 GiB.').waitFor();
    await form.page.getByLabel('Number of machines').fill('');
    await form.page.getByText('Launch 1 to 50 machines at once.').waitFor();
    await form.page.locator('#section-setup > summary').click();
    await form.page.getByLabel('Set-up script').fill('apt-get update');
    await form.page.getByText(/Start with #! and an interpreter/).waitFor();
    await form.page.getByLabel('Set-up script').fill(`#!/bin/sh\n${'é'.repeat(9000)}`);
    await form.page.getByText(/has 18010 bytes; at most 16384 fit/).waitFor();
    await form.page.getByText('3 fields need another look.').or(form.page.getByText('4 fields need another look.')).waitFor();
  });

  it('says what is likely to disappoint: little memory, a name used twice, a key that is not here, no SSH', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('grace');
    await form.page.getByText('There is a machine called grace already.').waitFor();
    await form.page.getByRole('radio', { name: /t3\.micro/ }).check();
    await form.page.getByText(/Under 2 GiB of memory/).waitFor();
    await form.page.getByRole('radio', { name: 'A key pair of this account' }).check();
    await form.page.getByLabel('Key pair of this account', { exact: true }).last().selectOption('old-desktop');
    await form.page.getByText(/private key of old-desktop is not on this computer/).waitFor();
    await form.page.getByText('SSH from my address, 203.0.113.7').click();
    await form.page.getByText(/Without SSH/).waitFor();
  });

  it('offers only sizes that run the image, and changes one that does not', async () => {
    const form = await openForm();
    const image = form.page.getByRole('combobox', { name: 'Image' });
    await image.fill('arm64');
    await form.page.getByRole('option', { name: /Debian 13 \(arm64\)/ }).click();
    await form.page.getByText('t3.small cannot run arm64 images: the size is now t4g.small.').waitFor();
    assert.deepEqual(await form.page.locator('.card strong').allInnerTexts(), ['t4g.micro', 't4g.small', 't4g.medium']);
    await form.page.getByRole('combobox', { name: 'Or any other size' }).click();
    assert.deepEqual(await options(form).locator('div:first-child').allInnerTexts(), ['t4g.micro', 't4g.small', 't4g.medium']);
  });

  it('searches the cloud for images while typing, once per pause, and shows what it found', async () => {
    const form = await openForm();
    const image = form.page.getByRole('combobox', { name: 'Image' });
    await image.click();
    await form.page.keyboard.type('rocky', { delay: 20 });
    await answer(form, 'searchImages');
    await form.page.getByText('Searching the cloud for “rocky”…').waitFor();
    assert.deepEqual(sent(form, 'searchImages'), [{ type: 'searchImages', text: 'rocky' }]);
    const rocky = {
      ...data.images[0]!,
      id: 'ami-rocky',
      label: 'Rocky Linux 10',
      name: 'Rocky-10-EC2',
      loginUser: 'rocky',
      featured: false,
    };
    await form.send({ type: 'images', text: 'rocky', images: [rocky] } satisfies LaunchToForm);
    await form.page.getByRole('option', { name: /Rocky Linux 10/ }).click();
    await form.page.getByText('Rocky Linux 10, login rocky').waitFor();
  });

  it('closes the list of a field with Escape and keeps what was chosen', async () => {
    const form = await openForm();
    const image = form.page.getByRole('combobox', { name: 'Image' });
    await image.fill('ama');
    await form.page.getByRole('option', { name: /Amazon/ }).waitFor();
    await image.press('Escape');
    assert.equal(await options(form).count(), 0);
    assert.equal(await image.inputValue(), 'Debian 13');
  });

  it('shows what the host refused beside the field, with the form as it was', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.page.keyboard.press('Enter');
    await launched(form);
    await form.send({ type: 'refused', problems: { 'keyPair.name': 'This account has a key pair named skylab-ada already.' } });
    await form.page.getByText('This account has a key pair named skylab-ada already.').waitFor();
    assert.equal(await form.page.getByRole('button', { name: 'Launch' }).isEnabled(), true);
    assert.equal(await form.page.getByLabel('Name', { exact: true }).inputValue(), 'ada');
  });

  it('keeps what was typed while its tab is hidden', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.page.getByRole('radio', { name: /t3\.medium/ }).check();
    await form.reshow();
    const name = form.page.getByLabel('Name', { exact: true });
    await name.waitFor();
    assert.equal(await name.inputValue(), 'ada');
    assert.equal(await form.page.getByRole('radio', { name: /t3\.medium/ }).isChecked(), true);
    assert.equal(sent(form, 'ready').length, 2);
  });

  it('keeps what was typed also when the chosen image is not offered any more', async () => {
    const kept = { spec: { ...spec, name: 'ada', imageId: 'ami-gone', diskGiB: 33 }, touched: ['name'] };
    const form = await openForm(data, { state: kept });
    assert.equal(await form.page.getByLabel('Name', { exact: true }).inputValue(), 'ada');
    assert.equal(await form.page.getByLabel('Disk (GiB)').inputValue(), '33');
    assert.equal(await form.page.getByRole('combobox', { name: 'Image' }).inputValue(), 'Debian 13');
  });

  it('does not stumble over what an older version has kept', async () => {
    const form = await openForm(data, { state: { spec: 'ada', touched: 1 } });
    assert.equal(await form.page.getByLabel('Name', { exact: true }).inputValue(), '');
    assert.deepEqual(form.problems, []);
  });

  it('shows the launch step by step, can cancel it, and says what comes next', async () => {
    const form = await openForm();
    await form.send({ type: 'operation', logTail: ['cloud-init: done'], view: launching.running });
    await form.page.getByRole('region', { name: 'Log of: Wait for SSH' }).getByText('cloud-init: done').waitFor();
    await form.page.getByText('waiting for the machine to answer').waitFor();
    await form.page.getByText('Step 2 of 3: Wait for SSH').waitFor({ state: 'attached' });
    await form.page.getByRole('button', { name: 'Cancel' }).click();
    await answer(form, 'cancel');
    await form.send({ type: 'operation', logTail: [], view: launching.done, result: 'ada is ready.' });
    await form.page.getByText('ada is ready.').waitFor();
    await form.page.getByRole('button', { name: 'Open terminal' }).click();
    assert.deepEqual(await answer(form, 'next'), { type: 'next', action: 'terminal' });
  });

  it('says why a launch failed and what is left, and comes back as it was', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.send({ type: 'operation', logTail: [], view: launching.failed });
    await form.page.getByText('The machine never answered on port 22. Look at its console output.').waitFor();
    await form.page.getByText('security group skylab-ada').waitFor();
    await form.page.getByRole('button', { name: 'Try again' }).click();
    await answer(form, 'again');
    await form.send({ type: 'data', data });
    assert.equal(await form.page.getByLabel('Name', { exact: true }).inputValue(), 'ada');
  });

  it('says why the account could not be read and tries again', async () => {
    const form = await harness.open({ bundle: 'launch' });
    await form.send({ type: 'failed', message: 'The session of profile phys-dept has expired. Sign in again.' });
    await form.page.getByText('The session of profile phys-dept has expired.').waitFor();
    await form.page.getByRole('button', { name: 'Try again' }).click();
    await answer(form, 'reload');
  });

  it('stays quick with 1,373 sizes and 1,177 images', async () => {
    const form = await harness.open({ bundle: 'launch' });
    const large = JSON.stringify({ type: 'data', data: largeAccount() });
    const first = await form.page.evaluate<number>(`(async () => {
      const message = ${large};
      const begin = performance.now();
      window.dispatchEvent(new MessageEvent('message', { data: message }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - begin;
    })()`);
    const keystrokes: number[] = [];
    for (const [field, words] of [
      ['Image', 'lab-image-11'],
      ['Or any other size', 'r7i.2'],
    ] as const) {
      await form.page.getByRole('combobox', { name: field }).focus();
      for (let typed = 1; typed <= words.length; typed++) {
        const ms = await form.page.evaluate<number>(`(async () => {
          let active = document.activeElement;
          while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
          const begin = performance.now();
          active.value = ${JSON.stringify(words.slice(0, typed))};
          active.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          return performance.now() - begin;
        })()`);
        keystrokes.push(ms);
      }
      assert.ok((await options(form).count()) <= 20, 'only rows in sight are in the page');
    }
    const median = [...keystrokes].sort((a, b) => a - b)[Math.floor(keystrokes.length / 2)] ?? Infinity;
    console.log(`      first paint ${first.toFixed(0)} ms, keystroke ${median.toFixed(0)} ms (median)`);
    // A list that is all in the page takes several times as long; the rest is room for a busy machine.
    assert.ok(first < 2500, `first paint took ${first.toFixed(0)} ms`);
    assert.ok(median < 250, `a keystroke took ${median.toFixed(0)} ms`);
  });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`has nothing that axe objects to in the ${theme} theme: untouched, with problems, with a list open, running, done`, async () => {
      const form = await openForm(data, { theme });
      const found = { untouched: await form.violations() } as Record<string, string[]>;
      await form.shot(`launch-${theme}`);
      await form.page.getByLabel('Name', { exact: true }).fill('x'.repeat(300));
      await form.page.getByRole('radio', { name: /t3\.micro/ }).check();
      found.problems = await form.violations();
      await form.shot(`launch-${theme}-problems`);
      await form.page.getByRole('combobox', { name: 'Image' }).click();
      found.list = await form.violations();
      await form.shot(`launch-${theme}-list`);
      await form.send({ type: 'operation', logTail: [], view: launching.running });
      found.running = await form.violations();
      await form.shot(`launch-${theme}-running`);
      await form.send({ type: 'operation', logTail: [], view: launching.done, result: 'ada is ready.' });
      found.done = await form.violations();
      await form.shot(`launch-${theme}-done`);
      assert.deepEqual(found, { untouched: [], problems: [], list: [], running: [], done: [] });
      assert.deepEqual(form.problems, []);
    });
  }

  it('fits into 320 pixels without a scroll to the side', async () => {
    const form = await openForm(data, { viewport: { width: 320, height: 900 } });
    await form.page.getByRole('radio', { name: 'A key pair of this account' }).check();
    await form.page.getByLabel('Name', { exact: true }).fill('x'.repeat(300));
    assert.equal(await form.page.evaluate<number>('document.documentElement.scrollWidth'), 320);
    await form.shot('launch-narrow');
    await form.send({ type: 'operation', logTail: [], view: launching.failed });
    assert.equal(await form.page.evaluate<number>('document.documentElement.scrollWidth'), 320);
  });
});
