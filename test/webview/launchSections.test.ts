import assert from 'node:assert/strict';
import { lacking } from '../../src/shared/lacking';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { LaunchFormData, LaunchToForm, LaunchToHost } from '../../src/shared/messages';
import { data, everything } from './launchData';
import { webviewHarness, type WebviewOptions, type WebviewPage } from './harness';

type Message<T extends LaunchToHost['type']> = Extract<LaunchToHost, { type: T }>;

const SECTIONS = ['network', 'disks', 'access', 'ends', 'setup', 'advanced', 'graphterm'] as const;
type Section = (typeof SECTIONS)[number];

describe('the folded parts of the launch form', function () {
  this.timeout(30_000);
  const harness = webviewHarness();

  async function openForm(shown: LaunchFormData = data, options: Partial<WebviewOptions> = {}): Promise<WebviewPage> {
    const answer: LaunchToForm = { type: 'data', data: shown };
    const form = await harness.open({
      bundle: 'launch',
      host: (message) => ((message as LaunchToHost).type === 'ready' ? answer : undefined),
      ...options,
    });
    await form.page.getByLabel('Name', { exact: true }).waitFor();
    return form;
  }
  const open = (form: WebviewPage, section: Section) => form.page.locator(`#section-${section} > summary`).click();
  const chosen = (form: WebviewPage, section: Section) => form.page.locator(`#section-${section} > summary .chosen`).innerText();
  const part = (form: WebviewPage, section: Section) => form.page.locator(`#section-${section}`);
  const answer = <T extends LaunchToHost['type']>(form: WebviewPage, type: T) =>
    form.message<Message<T>>((message) => message.type === type);
  const launch = async (form: WebviewPage): Promise<LaunchSpec> => {
    await form.page.getByRole('button', { name: 'Launch', exact: true }).click();
    return (await answer(form, 'launch')).spec;
  };
  const filled = (change: Partial<LaunchFormData> = {}): LaunchFormData => ({ ...data, defaults: everything, ...change });

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`have nothing that axe objects to in the ${theme} theme, all open`, async () => {
      const form = await openForm(filled(), { theme, viewport: { width: 1100, height: 900 } });
      await form.page.evaluate(
        "document.querySelector('skylab-launch').renderRoot.querySelectorAll('details').forEach((part) => { part.open = true; })",
      );
      assert.deepEqual(await form.violations(), []);
      await form.shot(`launch-parts-${theme}`);
      assert.deepEqual(form.problems, []);
    });
  }

  it('fit from 320 to 1200 pixels without a scroll to the side', async () => {
    const form = await openForm(filled(), { viewport: { width: 320, height: 900 } });
    await form.page.evaluate(
      "document.querySelector('skylab-launch').renderRoot.querySelectorAll('details').forEach((part) => { part.open = true; })",
    );
    for (const width of [320, 420, 700, 800, 1000, 1200]) {
      await form.page.setViewportSize({ width, height: 900 });
      assert.equal(await form.page.evaluate<number>('document.documentElement.scrollWidth'), width);
      if (width === 320 || width === 800) await form.shot(`launch-parts-${width}`);
    }
  });

  it('say in one line each what is chosen while they are folded', async () => {
    const untouched = await openForm();
    const lines = async (form: WebviewPage) =>
      Object.fromEntries(await Promise.all(SECTIONS.map(async (one): Promise<[Section, string]> => [one, await chosen(form, one)])));
    assert.deepEqual(await lines(untouched), {
      network: 'default network, any zone',
      disks: 'gp3',
      access: 'nothing more',
      ends: 'never by itself',
      setup: 'the image as it is',
      advanced: 'nothing special',
      graphterm: 'not installed',
    });
    const form = await openForm(filled());
    assert.deepEqual(await lines(form), {
      network: 'inner · us-east-1b · 10.0.2.0/24, Elastic IP',
      disks: 'gp3, kept on termination, 2 extra disks of 250 GiB together',
      access: 'adds 8888, 22, 60000-61000, in default too',
      ends: 'stops after 8 h or when idle for 60 min',
      setup: '4 packages, user grace, a script, copies 1 path, a command after',
      advanced: 'tags course, owner, protected, profile reads-course-bucket, placement tight',
      graphterm: 'a server with notebooks',
    });
    assert.deepEqual(await launch(form), { ...everything, keyPair: { kind: 'new', name: 'skylab-ada' } });
  });

  it('have no controls before they are opened, and keep them once they were', async () => {
    const form = await openForm(filled());
    assert.equal(await form.page.locator('details .inside :is(input, select, textarea, vscode-checkbox)').count(), 0);
    const network = part(form, 'network');
    await network.locator('summary').focus();
    await form.page.keyboard.press('Enter');
    await network.getByLabel('Subnet').selectOption('subnet-b');
    await open(form, 'network');
    await open(form, 'network');
    assert.equal(await network.getByLabel('Subnet').inputValue(), 'subnet-b');
    assert.equal(await part(form, 'disks').locator('input').count(), 0);
  });

  it('open where a problem is that nobody has seen', async () => {
    const form = await openForm({ ...data, defaults: { ...everything, hostname: 'not a name!' } });
    await form.page.getByRole('button', { name: 'Launch', exact: true }).click();
    const field = part(form, 'setup').getByLabel('Host name on the machine');
    await field.waitFor();
    assert.equal(await field.evaluate((control: { matches(selector: string): boolean }) => control.matches(':focus')), true);
    assert.equal(await part(form, 'network').locator('select').count(), 0);
  });

  it('take rules, and show beforehand what changes in a group that exists', async () => {
    const form = await openForm();
    await form.page.getByRole('radio', { name: 'A security group of this account' }).check();
    await form.page.getByLabel('Security group of this account', { exact: true }).last().selectOption('sg-2');
    await open(form, 'access');
    await form.page.getByRole('button', { name: 'Add rule' }).click();
    const access = part(form, 'access');
    assert.equal(
      await access.getByLabel('Ports').evaluate((field: { matches(selector: string): boolean }) => field.matches(':focus')),
      true,
    );
    await access.getByText('will add 8888 from 203.0.113.7').waitFor();
    await access.getByLabel('Ports').fill('22');
    await access.getByText('web has these rules already: it stays as it is.').waitFor();
    await access.getByLabel('From', { exact: true }).selectOption('anywhere');
    await access.getByText(/Opens SSH to the whole world/).waitFor();
    await access.getByText('will add 22 from anywhere').waitFor();
    await access.getByRole('button', { name: 'Add rule' }).click();
    const second = access.getByRole('group', { name: 'rule 2' });
    await second.getByLabel('Protocol').selectOption('all');
    assert.equal(await second.getByLabel('Ports').count(), 0);
    await second.getByLabel('From', { exact: true }).selectOption('sg-1');
    await access.getByText('will add everything from the group default').waitFor();
    await access.getByRole('button', { name: 'Add rule' }).click();
    await access.getByRole('button', { name: 'Remove rule 3' }).click();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    assert.deepEqual((await launch(form)).securityGroup, {
      kind: 'existing',
      id: 'sg-2',
      rules: [
        { protocol: 'tcp', ports: '22', from: 'anywhere' },
        { protocol: 'all', ports: '', from: 'sg-1' },
      ],
    });
  });

  it('say beside a rule what is wrong with it, and on the line of their part', async () => {
    const form = await openForm();
    await open(form, 'access');
    await form.page.getByRole('button', { name: 'Add rule' }).click();
    const access = part(form, 'access');
    assert.equal(await access.locator('.problem').count(), 0, 'a rule that has just been added is whole');
    await access.getByLabel('Ports').fill('80-22');
    await access.getByText(/Give a port such as 22/).waitFor();
    await access.getByLabel('From', { exact: true }).selectOption('cidr');
    await access.getByLabel('Address block').fill('300.1.1.1/8');
    await access.getByText(/an address block such as/).waitFor();
    await open(form, 'access');
    await access.getByText('2 problems').waitFor();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.page.getByRole('button', { name: 'Launch', exact: true }).click();
    assert.equal(
      await access.getByLabel('Ports').evaluate((field: { matches(selector: string): boolean }) => field.matches(':focus')),
      true,
    );
    assert.equal(form.posted.filter((message) => (message as LaunchToHost).type === 'launch').length, 0);
  });

  it('make disks, users, copies, tags and an end by keyboard and clicks', async () => {
    const form = await openForm();
    const { page } = form;
    await page.getByLabel('Name', { exact: true }).fill('ada');
    await open(form, 'disks');
    await page.getByRole('button', { name: 'Add disk' }).click();
    await page.keyboard.type('50');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('/srv');
    await page.getByLabel('Inodes').fill('1000000');
    await page.getByText("Docker's data on it").click();
    await open(form, 'setup');
    await page.getByLabel('Packages').fill('git,  tmux ');
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.keyboard.type('grace');
    await page.getByRole('button', { name: 'Choose key file…' }).click();
    assert.deepEqual(await answer(form, 'browse'), { type: 'browse', what: 'userKey', row: 0 });
    await form.send({ type: 'picked', what: 'userKey', row: 0, text: everything.users?.[0]?.publicKeys[0] ?? '' } satisfies LaunchToForm);
    await page.getByText('May act as root (sudo)').click();
    await page.getByRole('button', { name: 'Add file or folder' }).click();
    await page.getByRole('button', { name: 'Browse for a folder for copy 1' }).click();
    await form.send({ type: 'picked', what: 'copyFolder', row: 0, text: '/home/ada/lab' } satisfies LaunchToForm);
    await page.getByLabel('Command after set-up').fill('make -C lab');
    await open(form, 'advanced');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.keyboard.type('course');
    await page.keyboard.press('Tab');
    await page.keyboard.type('phys201');
    await open(form, 'ends');
    await page.getByRole('radio', { name: 'Some hours after the launch' }).check();
    await page.getByRole('spinbutton', { name: 'Hours' }).fill('3');
    await page.getByText('Ends when nobody is logged in').click();
    await page.getByRole('radio', { name: /It is terminated/ }).check();
    const rest = lacking(lacking(await launch(form), 'keyPair'), 'securityGroup');
    const usual = lacking(lacking(data.defaults, 'keyPair'), 'securityGroup');
    assert.deepEqual(rest, {
      ...usual,
      name: 'ada',
      disks: [{ sizeGiB: 50, mountPoint: '/srv', inodes: 1_000_000, dockerData: true }],
      packages: ['git', 'tmux'],
      users: everything.users,
      copies: [{ from: '/home/ada/lab', to: '~' }],
      runAfter: 'make -C lab',
      tags: { course: 'phys201' },
      expiry: { hours: 3, idleMinutes: 60, action: 'terminate' },
    });
    assert.deepEqual(form.problems, []);
  });

  it('leave nothing in the launch when what was added is taken away again', async () => {
    const form = await openForm(filled());
    const { page } = form;
    for (const one of ['disks', 'access', 'setup', 'advanced', 'ends', 'graphterm'] as const) await open(form, one);
    for (const name of ['disk 2', 'disk 1', 'rule 3', 'rule 2', 'rule 1', 'user 1', 'copy 1', 'tag 2', 'tag 1'])
      await page.getByRole('button', { name: `Remove ${name}` }).click();
    await page.getByRole('radio', { name: 'Never' }).check();
    await page.getByText('Ends when nobody is logged in').click();
    await page.getByText('Install GraphTerm').click();
    const spec = await launch(form);
    for (const field of ['disks', 'users', 'copies', 'tags', 'expiry', 'preset'] as const)
      assert.equal(Object.hasOwn(spec, field), false, field);
    assert.deepEqual(spec.securityGroup, { kind: 'existing', id: 'sg-2', more: ['sg-1'] });
  });

  it('choose subnet and addresses, and say what cannot be had there', async () => {
    const form = await openForm();
    const { page } = form;
    await page.getByLabel('Name', { exact: true }).fill('ada');
    await open(form, 'network');
    const network = part(form, 'network');
    await network.getByLabel('Subnet').selectOption('subnet-b');
    await network.getByText(/reaches the machine only over a VPN or a jump host/).waitFor();
    await network.getByLabel('Public address').selectOption('yes');
    assert.equal(await network.getByText(/only over a VPN/).count(), 0);
    await page.getByRole('combobox', { name: 'Or any other size' }).fill('m7i.2');
    await page.getByRole('option', { name: /m7i\.2xlarge/ }).click();
    await network.getByText('m7i.2xlarge is not offered in us-east-1b; it is in us-east-1a.').waitFor();
    await network.getByLabel('Zone').selectOption('us-east-1a');
    assert.deepEqual((await launch(form)).network, { zone: 'us-east-1a', publicAddress: 'yes' });
  });

  it('show the price of what is chosen while it changes, and say when it is not known', async () => {
    const form = await openForm(data, { host: hostWithPrices });
    const cost = form.page.locator('.cost');
    // t3.small, 20 GiB of gp3 and a public address, 730 hours a month.
    await cost.getByText('$0.028 per hour').waitFor();
    await cost.getByText('$20.43 per month').waitFor();
    await cost.getByText(/Prices of 2026-11-01/).waitFor();
    await form.page.getByLabel('Number of machines').fill('10');
    await cost.getByText('$0.28 per hour').waitFor();
    await form.page.getByRole('radio', { name: /t3\.micro/ }).check();
    await cost.getByText('Free tier').waitFor();
    await form.page.getByRole('combobox', { name: 'Or any other size' }).fill('c7i');
    await form.page.getByRole('option', { name: /c7i\.large/ }).click();
    await cost.getByText('$1.13 per hour').waitFor();
    await form.page.getByRole('combobox', { name: 'Or any other size' }).fill('m7i');
    await form.page.getByRole('option', { name: /m7i/ }).click();
    await cost.getByText('Price unknown').waitFor();
  });

  it('warn of little memory for what will be installed', async () => {
    const form = await openForm();
    await form.page.getByRole('radio', { name: /t3\.micro/ }).check();
    await open(form, 'setup');
    await form.page.getByLabel('Packages').fill('docker.io');
    await form.page.getByText('Docker will be installed, and t3.micro has 1 GiB: it wants 2 GiB or more.').waitFor();
    await form.page.getByRole('radio', { name: /t3\.small/ }).check();
    assert.equal(await form.page.getByText('Docker will be installed').count(), 0);
  });

  it('say that the image lacks what GraphTerm runs on, and take one that has it', async () => {
    const form = await openForm();
    const { page } = form;
    await page.getByLabel('Name', { exact: true }).fill('term');
    await page.locator('#section-graphterm > summary').click();
    await page.getByText('Install GraphTerm').click();
    const section = page.locator('#section-graphterm');
    await section.getByText('GraphTerm needs Python 2, which Debian 13 does not have: choose Ubuntu 22.04 or Debian 11.').waitFor();
    await section.getByRole('button', { name: 'Look for Ubuntu 22.04' }).click();
    const asked = await answer(form, 'searchImages');
    assert.equal(asked.text, 'ubuntu-jammy-22.04-amd64-server');
    const jammy = { ...data.images[0]!, id: 'ami-jammy', label: 'Ubuntu 22.04 LTS', name: 'jammy', loginUser: 'ubuntu' };
    const strange = { ...jammy, id: 'ami-strange', label: 'ubuntu-jammy-22.04-amd64-server-of-somebody' };
    await form.send({ type: 'images', text: asked.text, images: [strange, jammy] } satisfies LaunchToForm);
    await section.getByRole('button', { name: 'Use Ubuntu 22.04 LTS' }).click();
    assert.equal(await page.getByText(/needs Python 2/).count(), 0);
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    assert.equal((await answer(form, 'launch')).spec.imageId, 'ami-jammy');
  });

  it('warn beside the price where a day costs more than the limit', async () => {
    const form = await openForm({ ...data, costLimit: { perDay: 1, runningPerHour: 0 } });
    const side = form.page.locator('aside');
    await side.getByText('per month').first().waitFor();
    assert.equal(await side.getByText('your limit').count(), 0);
    await form.page.getByLabel('Number of machines').fill('2');
    await side.getByText('A day of this costs $1.34; your limit is $1.00.').waitFor();
    const more = await openForm({ ...data, costLimit: { perDay: 1, runningPerHour: 0.1 } });
    await more.page.getByText('Together with what runs already, a day costs $3.07; your limit is $1.00.').waitFor();
  });

  it('ask once before Escape drops what was typed', async () => {
    const untouched = await openForm();
    await untouched.page.keyboard.press('Escape');
    await answer(untouched, 'close');
    const form = await openForm();
    const { page } = form;
    await page.getByLabel('Name', { exact: true }).fill('ada');
    await page.keyboard.press('Escape');
    const question = page.getByRole('dialog', { name: 'Close the form? What you typed is dropped.' });
    await question.waitFor();
    assert.deepEqual(await form.violations(), []);
    await form.shot('launch-leave');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'ada');
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Go on with the form' }).click();
    await page.keyboard.press('Escape');
    assert.equal(form.posted.filter((message) => (message as LaunchToHost).type === 'close').length, 0);
    await question.getByRole('button', { name: 'Close' }).click();
    await answer(form, 'close');
  });

  it('are shown only where the cloud can do it', async () => {
    const none = { securityGroups: false, networks: false, importKeyPair: false, tagsOnLaunch: false, attributes: false, volumes: false };
    const less = { addresses: false, spot: false, hibernation: false, prices: false, dns: false, instanceTypes: false };
    const form = await openForm({ ...data, instanceTypes: [], capabilities: { ...none, ...less } });
    const shown = await Promise.all(SECTIONS.map((one) => part(form, one).count()));
    assert.deepEqual(
      SECTIONS.filter((_, i) => shown[i] === 1),
      ['ends', 'setup', 'graphterm'],
    );
    assert.equal(await form.page.locator('.cost').count(), 0);
    assert.equal(await form.page.getByText('Access', { exact: true }).count(), 0);
    await form.page.getByLabel('Name', { exact: true }).fill('ada.phys201.org');
    assert.equal(await form.page.getByText(/The DNS name/).count(), 0);
    await form.page.getByLabel('Size').fill('m1.small');
    await form.page.getByLabel('Login user').fill('cloud user');
    await form.page.getByText('Give the name of a user').waitFor();
    await form.page.getByLabel('Login user').fill('cloud-user');
    const spec = await launch(form);
    assert.deepEqual([spec.instanceType, spec.loginUser], ['m1.small', 'cloud-user']);
  });

  it('let fewer machines be enough where several are wanted', async () => {
    const form = await openForm();
    const { page } = form;
    const enough = page.getByLabel('Fewer are enough, down to');
    await page.getByLabel('Name', { exact: true }).fill('lab');
    assert.equal(await enough.count(), 0);
    await page.getByLabel('Number of machines').fill('5');
    await enough.fill('9');
    await page.getByText('No more than the number of machines that are wanted.').waitFor();
    await enough.fill('3');
    await page.locator('aside').getByText('3 to 5 machines', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Launch 3 to 5 machines' }).click();
    const { spec } = await answer(form, 'launch');
    assert.deepEqual([spec.count, spec.minCount], [5, 3]);
    await form.shot('launch-range');
  });

  it('offer a DNS name for a name with a domain', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada.phys201.org');
    await form.page.getByText('The DNS name ada.phys201.org points to it').click();
    assert.equal((await launch(form)).dns, false);
  });

  it('send the same spec to a dry run, a preview, a file and the clipboard, and show what the cloud says', async () => {
    const form = await openForm();
    await form.page.getByRole('button', { name: 'Dry run' }).click();
    await form.page.getByText('Type a name for the machine.').waitFor();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.page.getByRole('button', { name: 'Dry run' }).click();
    const { spec: asked } = await answer(form, 'dryRun');
    assert.equal(asked.name, 'ada');
    await form.send({ type: 'dryRun', allowed: false, message: 'The account may not launch m7i.2xlarge.' } satisfies LaunchToForm);
    await form.page.getByText('The account may not launch m7i.2xlarge.').waitFor();
    for (const [label, type] of [
      ['Preview request and script', 'preview'],
      ['Save as spec', 'saveSpec'],
      ['Copy as AWS CLI', 'copyCli'],
    ] as const) {
      await form.page.getByRole('button', { name: label }).click();
      assert.deepEqual((await answer(form, type)).spec, asked);
    }
    await form.page.getByLabel('Name', { exact: true }).fill('grace');
    assert.equal(await form.page.getByText('The account may not launch').count(), 0, 'an answer is about the spec that was asked');
  });

  it('take what was read anew behind them without disturbing what is being typed', async () => {
    const form = await openForm();
    const { page } = form;
    await page.getByLabel('Name', { exact: true }).fill('ada');
    await open(form, 'setup');
    const packages = page.getByLabel('Packages');
    await packages.pressSequentially('git, ');
    const groups = [...data.securityGroups, { id: 'sg-3', name: 'fresh', description: 'fresh', opens: '', rules: [] }];
    await form.send({ type: 'refreshed', data: { ...data, securityGroups: groups } } satisfies LaunchToForm);
    await packages.pressSequentially('tmux');
    assert.equal(await packages.inputValue(), 'git, tmux');
    await open(form, 'access');
    await part(form, 'access').getByText('fresh').waitFor();
    assert.deepEqual((await launch(form)).packages, ['git', 'tmux']);
  });

  it('begin anew when the editor brings another spec, and go on with a draft of the same', async () => {
    const form = await openForm();
    await form.page.getByLabel('Name', { exact: true }).fill('ada');
    await form.send({
      type: 'data',
      data: { ...data, opening: 1, defaults: { ...everything, name: 'of the file' } },
    } satisfies LaunchToForm);
    await form.page.locator('aside').getByText('8888 from 203.0.113.7').waitFor();
    assert.equal(await form.page.getByLabel('Name', { exact: true }).inputValue(), 'of the file');
  });
});

/** A host that learns the price of a size when it is asked for one. */
function hostWithPrices(message: unknown): LaunchToForm | undefined {
  const { type, instanceType } = message as { type: string; instanceType?: string };
  if (type === 'ready') return { type: 'data', data };
  if (type !== 'price' || instanceType !== 'c7i.large') return undefined;
  return {
    type: 'prices',
    prices: { ...data.prices, types: { ...data.prices.types, 'c7i.large': { perHour: 0.10625, asOf: '2026-11-20' } } },
  };
}
