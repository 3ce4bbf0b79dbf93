import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { commandIds } from '../../../src/ui/ids';

interface MenuEntry {
  readonly command: string;
  /** Instead of a command: a menu within the menu. */
  readonly submenu?: string;
  readonly when?: string;
  readonly group?: string;
}

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { command: string; category?: string; icon?: string }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly submenus: readonly { id: string }[];
    readonly viewsWelcome: readonly { contents: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { scope?: string; ignoreSync?: boolean }>> };
  };
}

const root = path.resolve(__dirname, '../../..');
const text = readFileSync(path.join(root, 'package.json'), 'utf8');
const nlsText = readFileSync(path.join(root, 'package.nls.json'), 'utf8');
const { contributes } = JSON.parse(text) as Manifest;
const nls = JSON.parse(nlsText) as Readonly<Record<string, string>>;

/** The viewItem values that rows have; see machineRow, operationRow and the tree. */
const rows = [
  ...['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'].flatMap((state) => [
    `instance.${state}`,
    `instance.${state}.busy`,
    `instance.${state}.working`,
  ]),
  ...['given', 'given.busy', 'given.working', 'launching', 'problem', 'more'],
  ...['deployments.root', 'deployments.asleep', 'deployments.error', 'releases', 'release.current', 'release.older'],
  ...['running', 'starting', 'ill', 'stopped', 'down', 'unknown'].flatMap((condition) => [
    `stack.own.${condition}`,
    `stack.own.${condition}.site`,
    `stack.own.${condition}.site.following`,
    `stack.other.${condition}`,
    `stack.other.${condition}.following`,
    `service.own.${condition}`,
    `service.other.${condition}`,
    `replica.own.${condition}`,
  ]),
  ...['root', 'folder', 'folder.link', 'file', 'file.link', 'other', 'other.link', 'more', 'error'].map((kind) => `files.${kind}`),
  ...['idle', 'loading', 'loaded', 'failed'].map((state) => `account.${state}.keys`),
  ...['account.failed.profile.signIn', 'group'],
];

/** What the menu of a row offers, submenus opened. */
const shownOn = (row: string): MenuEntry[] =>
  (contributes.menus['view/item/context'] ?? [])
    .filter(({ when = '' }) => {
      const pattern = /view == skylab\.machines && viewItem =~ \/(.*?)\/(?: |$)/.exec(when)?.[1];
      return pattern !== undefined && new RegExp(pattern).test(row);
    })
    .flatMap((entry) => (entry.submenu === undefined ? [entry] : (contributes.menus[entry.submenu] ?? [])));
const commandsOn = (row: string): string[] => [...new Set(shownOn(row).map((entry) => entry.command.replace('skylab.', '')))];

describe('what the extension contributes', () => {
  it('is every command that the code knows, and no other', () => {
    assert.deepEqual(contributes.commands.map((one) => one.command).sort(), [...commandIds].sort());
  });

  it('puts every command under the category Skylab', () => {
    assert.deepEqual(
      contributes.commands.filter((one) => one.category !== 'Skylab'),
      [],
    );
  });

  it('names only commands that exist, in menus, welcome views and the walkthrough', () => {
    const entries = Object.values(contributes.menus).flat();
    const inMenus = entries.flatMap((entry) => (entry.submenu === undefined ? [entry.command] : []));
    const submenus = entries.flatMap(({ submenu }) => submenu ?? []);
    assert.deepEqual(submenus.toSorted(), contributes.submenus.map(({ id }) => id).toSorted());
    assert.ok(submenus.every((id) => (contributes.menus[id] ?? []).length > 0));
    const inTexts = [...`${text}${nlsText}`.matchAll(/\(command:([\w.]+)\)/g)].map((match) => match[1] ?? '');
    assert.ok(inTexts.length > 5);
    assert.deepEqual(
      [...inMenus, ...inTexts].filter((command) => !commandIds.some((id) => id === command)),
      [],
    );
  });

  it('has a text for every key and a key for every text', () => {
    const used = [...text.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    assert.deepEqual([...new Set(used)].sort(), Object.keys(nls).sort());
  });

  it('keeps paths and endpoints out of workspaces and of settings sync', () => {
    for (const [name, { scope, ignoreSync }] of Object.entries(contributes.configuration.properties)) {
      assert.equal(scope, 'application', name);
      if (/url|endpoint|folder/i.test(name)) assert.equal(ignoreSync, true, name);
    }
  });
});

describe('the menu of a row', () => {
  it('has at most three inline actions, none that destroys', () => {
    for (const row of rows) {
      const inline = shownOn(row).filter((entry) => entry.group?.startsWith('inline'));
      assert.ok(inline.length <= 3, `${row}: ${inline.map((entry) => entry.command).join()}`);
      assert.deepEqual(
        inline.filter((entry) => /terminate|remove|delete|stop$/.test(entry.command)),
        [],
        row,
      );
    }
  });

  it('gives every inline action an icon', () => {
    const icons = new Map(contributes.commands.map((one) => [one.command, one.icon]));
    const inline = (contributes.menus['view/item/context'] ?? []).filter((entry) => entry.group?.startsWith('inline'));
    assert.deepEqual(
      inline.filter((entry) => icons.get(entry.command) === undefined),
      [],
    );
  });

  it('offers a running machine what a running machine can do', () => {
    const commands = commandsOn('instance.running');
    for (const one of ['connect', 'connectRemoteSsh', 'copySshCommand', 'deploy', 'uploadFolder', 'stop', 'reboot', 'terminate']) {
      assert.ok(commands.includes(one), one);
    }
    assert.ok(!commands.includes('start'));
  });

  it('offers a stopped machine start and terminate and what concerns its disks, and no connection', () => {
    const commands = commandsOn('instance.stopped');
    for (const one of ['start', 'terminate', 'rename', 'resize', 'protect', 'volume.attach', 'volume.detach'])
      assert.ok(commands.includes(one), one);
    assert.deepEqual(
      commands.filter((one) => /^(connect|upload|deploy|files|runInTerminal|stop|reboot)/i.test(one)),
      [],
    );
  });

  it('offers nothing but the cancel and the log while a machine is being launched', () => {
    assert.deepEqual(commandsOn('instance.pending.busy').sort(), ['cancelOperation', 'showOperationLog']);
    assert.deepEqual(commandsOn('launching').sort(), ['cancelOperation', 'showOperationLog']);
  });

  it('never offers to stop or terminate a machine without a cloud', () => {
    assert.deepEqual(
      commandsOn('given').filter((one) => /^(start|stop|reboot|terminate)$/.test(one)),
      [],
    );
  });

  it('offers nothing on a machine that is gone', () => {
    assert.deepEqual(commandsOn('instance.terminated'), []);
    assert.deepEqual(commandsOn('instance.shutting-down'), []);
  });

  it('offers on a file what a file can take, on a folder what a folder can, and on a link to nowhere little', () => {
    const file = commandsOn('files.file.link');
    for (const one of ['open', 'download', 'rename', 'delete', 'changePermissions', 'copyPath'])
      assert.ok(file.includes(`files.${one}`), one);
    assert.ok(!file.includes('files.upload') && !file.includes('files.newFile'));
    const folder = commandsOn('files.folder');
    for (const one of ['openFolder', 'addToWorkspace', 'upload', 'download', 'newFile', 'newFolder', 'refresh', 'delete'])
      assert.ok(folder.includes(`files.${one}`), one);
    assert.ok(!folder.includes('files.open'));
    assert.ok(!commandsOn('files.root').includes('files.delete'));
    assert.deepEqual(commandsOn('files.other.link').sort(), ['files.copyPath', 'files.delete', 'files.rename']);
  });

  it('offers to sign in again where the session has expired, and there alone', () => {
    assert.ok(commandsOn('account.failed.profile.signIn').includes('signIn'));
    assert.ok(!commandsOn('account.failed.keys').includes('signIn') && !commandsOn('account.loaded.keys').includes('signIn'));
  });

  it('offers a retry on an account that cannot be read, and no launch', () => {
    assert.ok(commandsOn('account.failed.keys').includes('refresh'));
    assert.ok(!commandsOn('account.failed.keys').includes('launch'));
  });
});
