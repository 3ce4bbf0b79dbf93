import { data } from './launchData';
import { everything } from './launchData';
import { webviewHarness } from './harness';
describe('tmp', function () {
  this.timeout(60000);
  const harness = webviewHarness();
  it('shots', async () => {
    const form = await harness.open({
      bundle: 'launch',
      theme: (process.env.THEME ?? 'dark') as 'dark',
      viewport: { width: Number(process.env.W ?? 1100), height: 900 },
      host: (m: any) => (m.type === 'ready' ? { type: 'data', data: { ...data, defaults: everything } } : undefined),
    });
    await form.page.getByLabel('Name', { exact: true }).waitFor();
    await form.page.screenshot({ path: '/tmp/fs-folded.png', fullPage: true });
    await form.page.evaluate(
      "document.querySelector('skylab-launch').renderRoot.querySelectorAll('details').forEach((part) => { part.open = true; })",
    );
    await form.page.screenshot({ path: '/tmp/fs-top.png' });
    for (const id of ['network', 'disks', 'access', 'ends', 'setup', 'advanced', 'graphterm'])
      await form.page.locator(`#section-${id}`).screenshot({ path: `/tmp/fs-${id}.png` });
  });
});
