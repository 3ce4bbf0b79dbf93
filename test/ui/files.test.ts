import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Machine } from '../../src/core/cloud/model';
import { givenKey } from '../../src/core/cloud/model';
import { SkylabError } from '../../src/core/errors';
import type { Operation } from '../../src/core/operations/operations';
import { Operations } from '../../src/core/operations/operations';
import type { RemoteSession } from '../../src/core/remote/session';
import { FileActions } from '../../src/ui/files/actions';
import { FilesBranch } from '../../src/ui/files/filesBranch';
import { ROOT } from '../../src/ui/tree/lazyBranch';
import { MachineFileSystem } from '../../src/ui/files/fileSystem';
import { authorityOf } from '../../src/ui/model/fileAddress';
import type { Services } from '../../src/ui/services';
import type { Ui } from '../../src/ui/ui';
import { connect } from '../integration/support/connect';
import { startSshd } from '../integration/support/sshd';
import type { Sshd } from '../integration/support/sshd';

// The extension itself has taken skylab-ssh in this editor.
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const SCHEME = 'skylab-ssh-test';

describe('a machine’s files in the editor', () => {
  let sshd: Sshd;
  let machine: Machine;
  let services: Services;
  let session: RemoteSession | undefined;
  let stopped = false;
  let provider: MachineFileSystem;
  const subscriptions: vscode.Disposable[] = [];

  before(async () => {
    sshd = await startSshd();
    const target = sshd.target('Lab-7');
    machine = { kind: 'given', key: givenKey('Lab_7'), name: 'lab', given: { id: 'Lab_7', name: 'lab', target } };
    services = {
      machines: {
        get: (key: string) => {
          if (key !== machine.key) return undefined;
          if (!stopped) return machine;
          return { kind: 'instance', key, name: 'lab', instance: { state: 'stopped' } };
        },
        refresh: async () => undefined,
        status: () => ({ state: 'idle' }),
      },
      access: {
        session: async () => {
          if (session) return session;
          const made = (session = await connect(sshd));
          made.onClose(() => (session = undefined));
          return made;
        },
      },
    } as unknown as Services;
    provider = new MachineFileSystem(services, { scheme: SCHEME, everyMs: 200 });
    subscriptions.push(vscode.workspace.registerFileSystemProvider(SCHEME, provider, { isCaseSensitive: true }));
  });
  after(async () => {
    session?.close();
    for (const one of subscriptions) one.dispose();
    provider.dispose();
    await sshd.stop();
  });
  afterEach(async () => {
    stopped = false;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of readdirSync(sshd.home)) rmSync(path.join(sshd.home, name), { recursive: true, force: true });
  });

  const at = (...parts: string[]): string => path.join(sshd.home, ...parts);
  const uri = (...parts: string[]): vscode.Uri =>
    vscode.Uri.from({ scheme: SCHEME, authority: authorityOf(machine.key), path: at(...parts) });

  it('opens, edits and saves a file, whole and with its mode', async () => {
    writeFileSync(at('run.sh'), '#!/bin/sh\n');
    chmodSync(at('run.sh'), 0o750);
    const document = await vscode.workspace.openTextDocument(uri('run.sh'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), 'echo hello\n'));
    assert.ok(await document.save());
    assert.equal(readFileSync(at('run.sh'), 'utf8'), '#!/bin/sh\necho hello\n');
    assert.equal(statSync(at('run.sh')).mode & 0o777, 0o750);
    assert.deepEqual(readdirSync(sshd.home), ['run.sh']);
  });

  it('shows an open file anew when a program on the machine changes it', async () => {
    writeFileSync(at('log'), 'one\n');
    const document = await vscode.workspace.openTextDocument(uri('log'));
    await vscode.window.showTextDocument(document);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    writeFileSync(at('log'), 'one\ntwo\n');
    for (let tries = 0; tries < 100 && document.getText() !== 'one\ntwo\n'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(document.getText(), 'one\ntwo\n');
  });

  it('creates, lists, renames, copies and deletes as the explorer does', async () => {
    const { fs } = vscode.workspace;
    await fs.createDirectory(uri('a'));
    await fs.writeFile(uri('a', 'one'), Buffer.from('1'));
    await fs.rename(uri('a', 'one'), uri('a', 'two'));
    await fs.copy(uri('a'), uri('b'));
    symlinkSync('a', at('link'));
    symlinkSync('nowhere', at('dangling'));
    const { Directory, SymbolicLink } = vscode.FileType;
    assert.deepEqual(
      (await fs.readDirectory(uri())).sort(([x], [y]) => (x < y ? -1 : 1)),
      [
        ['a', Directory],
        ['b', Directory],
        ['dangling', SymbolicLink],
        ['link', Directory | SymbolicLink],
      ],
    );
    await fs.delete(uri('link'), { recursive: true });
    await fs.delete(uri('b'), { recursive: true });
    assert.deepEqual(readdirSync(sshd.home).sort(), ['a', 'dangling']);
    assert.equal(readFileSync(at('a/two'), 'utf8'), '1');
    await assert.rejects(Promise.resolve(fs.readFile(uri('gone'))), (error: unknown) => {
      assert.ok(error instanceof vscode.FileSystemError);
      assert.equal(error.code, 'FileNotFound');
      return true;
    });
  });

  it('says what to do when the machine is stopped, and works again once it runs', async () => {
    writeFileSync(at('file'), 'x');
    stopped = true;
    await assert.rejects(provider.readFile(uri('file')), (error: unknown) => {
      assert.ok(error instanceof vscode.FileSystemError);
      assert.equal(error.code, 'Unavailable');
      assert.match(error.message, /lab is stopped.*Start it/);
      return true;
    });
    stopped = false;
    assert.equal(Buffer.from(await provider.readFile(uri('file'))).toString(), 'x');
  });

  it('goes on after the connection was lost', async () => {
    writeFileSync(at('file'), 'x');
    await provider.readFile(uri('file'));
    sshd.dropSessions();
    assert.equal(Buffer.from(await provider.readFile(uri('file'))).toString(), 'x');
  });

  describe('below its row', () => {
    const label = (item: vscode.TreeItem): string => (typeof item.label === 'string' ? item.label : (item.label?.label ?? ''));
    const branchOf = (): FilesBranch => new FilesBranch(services, async () => undefined);

    it('are listed when a folder is opened: folders first, hidden ones too, with sizes and links', async () => {
      mkdirSync(at('zeta'));
      writeFileSync(at('.env'), 'A=1\n');
      writeFileSync(at('run-10'), '');
      writeFileSync(at('run-2'), Buffer.alloc(4200));
      symlinkSync('zeta', at('shortcut'));
      symlinkSync('nowhere', at('broken'));
      const branch = branchOf();
      assert.deepEqual(await branch.children(machine, ''), [ROOT]);
      const rows = await branch.children(machine, ROOT);
      const shown = rows.map((row) => branch.item(machine, row)).map((item) => [label(item), item.description, item.contextValue]);
      assert.deepEqual(shown, [
        ['shortcut', 'link', 'files.folder.link'],
        ['zeta', '', 'files.folder'],
        ['.env', '4 B', 'files.file'],
        ['broken', 'link to nowhere', 'files.other.link'],
        ['run-2', '4.2 kB', 'files.file'],
        ['run-10', '0 B', 'files.file'],
      ]);
      assert.equal(branch.item(machine, 'entry:.env').accessibilityInformation?.label, '.env, file, 4 B');
      writeFileSync(at('zeta/deep'), '');
      assert.deepEqual(await branch.children(machine, 'entry:shortcut'), ['entry:shortcut/deep']);
      assert.equal(branch.parent('entry:shortcut/deep'), 'entry:shortcut');
      assert.equal(branch.parent('entry:shortcut'), ROOT);
      assert.equal(branch.place(machine, 'entry:shortcut/deep')?.path, at('shortcut/deep'));
    });

    it('come 500 at a time', async () => {
      for (let i = 0; i < 1201; i++) writeFileSync(at(`file-${i}`), '');
      const branch = branchOf();
      const first = await branch.children(machine, ROOT);
      assert.equal(first.length, 501);
      assert.equal(label(branch.item(machine, first.at(-1) ?? '')), 'Show 500 more');
      branch.showMore(machine, '');
      branch.showMore(machine, '');
      assert.equal((await branch.children(machine, ROOT)).length, 1201);
    });

    it('say why a folder cannot be listed, in a row that tries again', async () => {
      mkdirSync(at('folder'));
      const branch = branchOf();
      await branch.children(machine, ROOT);
      rmSync(at('folder'), { recursive: true });
      const [row = ''] = await branch.children(machine, 'entry:folder');
      const item = branch.item(machine, row);
      assert.match(label(item), /folder on .* is not there/);
      assert.equal(item.command?.command, 'skylab.files.refresh');
      mkdirSync(at('folder'));
      branch.refresh(machine, 'folder');
      assert.deepEqual(await branch.children(machine, 'entry:folder'), []);
    });

    it('are shown only for a machine that can be reached', async () => {
      const branch = branchOf();
      const instance = { kind: 'instance', key: machine.key, name: 'lab', instance: { state: 'stopped' } } as unknown as Machine;
      assert.deepEqual(await branch.children(instance, ''), []);
    });
  });

  it('sends what is dropped on a folder’s row into that folder, each file whole', async () => {
    mkdirSync(at('data'));
    const local = path.join(sshd.folder, 'measured.csv');
    writeFileSync(local, Buffer.alloc(3_000_001, 'x,y\n'));
    const operations = new Operations({ save: async () => undefined, remove: async () => undefined, list: async () => [] }, log);
    const ui = {
      services: { ...services, operations },
      documents: {},
      notifications: { follow: async (operation: Operation) => operation.outcome },
    } as unknown as Ui;
    const branch: FilesBranch = new FilesBranch(ui.services, (place, dropped) =>
      new FileActions(ui, branch, provider).take(place, dropped),
    );
    await branch.children(machine, ROOT);
    await branch.drop(machine, 'entry:data', { uris: [vscode.Uri.file(local)], files: [] });
    assert.ok(readFileSync(at('data/measured.csv')).equals(readFileSync(local)));
    assert.deepEqual(
      operations.list().map(({ view }) => [view.kind, view.state, view.title]),
      [['upload', 'done', 'Upload measured.csv to lab']],
    );
    assert.deepEqual(await branch.children(machine, 'entry:data'), ['entry:data/measured.csv']);
    operations.dispose();
  });

  it('refuses what is not there with a sentence', async () => {
    await assert.rejects(
      provider.stat(uri('gone')),
      (error: unknown) => error instanceof vscode.FileSystemError && !(error instanceof SkylabError),
    );
    assert.ok(!existsSync(at('gone')));
  });
});
