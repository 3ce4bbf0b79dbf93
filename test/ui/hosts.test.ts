import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { FilePersonConfig } from '../../src/adapters/files/personConfig';
import { InstalledSsh } from '../../src/adapters/ssh/effective';
import { ConfigEditor } from '../../src/core/ssh/config/editor';
import { HostsModel } from '../../src/ui/hosts/hostsModel';
import { HostsTree } from '../../src/ui/hosts/hostsTree';
import type { HostNode } from '../../src/ui/hosts/nodes';
import type { Ui } from '../../src/ui/ui';

const home = os.homedir();
const ssh = path.join(home, '.ssh');
const file = path.join(ssh, 'config');

const course = [
  'Include config.d/*.conf',
  '',
  'Host *',
  '  User nobody',
  '',
  '# my machine in the lab',
  'Host ada ada.lab.example.edu',
  '  HostName ada.lab.example.edu',
  '  User ada',
  '  IdentityFile ~/.ssh/lab_key',
  '',
  'Host *.lab.example.edu',
  '  PasswordAuthentication no',
  '',
  'Match host 10.* user root',
  '  Port 2222',
  '',
].join('\n');

/** Waits until it is so. */
async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const begun = Date.now(); Date.now() - begun < 10_000;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within 10 s: ${what}`);
}

describe('the SSH Hosts view', () => {
  const models: HostsModel[] = [];

  beforeEach(() => {
    rmSync(ssh, { recursive: true, force: true });
    mkdirSync(path.join(ssh, 'config.d'), { recursive: true, mode: 0o700 });
    writeFileSync(file, course, { mode: 0o600 });
    writeFileSync(path.join(ssh, 'config.d', 'work.conf'), 'Host build\n  HostName 192.0.2.9\n  Prot 22\n', { mode: 0o600 });
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const model of models.splice(0)) model.dispose();
    rmSync(ssh, { recursive: true, force: true });
  });

  const open = async (): Promise<{ tree: HostsTree; model: HostsModel }> => {
    const config = new FilePersonConfig(home, { accountHome: home, system: path.join(home, 'none') });
    const oracle = new InstalledSsh();
    const ui = { services: { homeDir: home }, errors: { run: async (act: () => unknown): Promise<unknown> => act() } } as unknown as Ui;
    const model = new HostsModel(ui, { config, oracle, editor: new ConfigEditor(config, oracle) });
    models.push(model);
    const tree = new HostsTree(async () => model);
    await tree.getChildren();
    await until('the problems are found', () => model.errors() > 0);
    return { tree, model };
  };
  const label = (item: vscode.TreeItem): string => (typeof item.label === 'string' ? item.label : (item.label?.label ?? ''));
  const rows = async (tree: HostsTree, node?: HostNode): Promise<string[]> =>
    (await tree.getChildren(node)).map((one) => `${label(tree.getTreeItem(one))}: ${String(tree.getTreeItem(one).description)}`);

  it('lists every host by file with where it leads, patterns and conditions too, and says what is broken', async () => {
    const { tree } = await open();
    const files = await tree.getChildren();
    assert.deepEqual(
      files.map((one) => label(tree.getTreeItem(one))),
      ['~/.ssh/config', '~/.ssh/config.d/work.conf'],
    );
    const [own, work] = files;
    assert.deepEqual(await rows(tree, own), [
      '*: pattern',
      'ada: nobody@ada.lab.example.edu:22 · check: User has no effect for ada: config:4 (Host *) sets it first',
      'ada.lab.example.edu: nobody@ada.lab.example.edu:22 · check: User has no effect for ada: config:4 (Host *) sets it first',
      '*.lab.example.edu: pattern',
      'host 10.* user root: condition (Match)',
    ]);
    const [broken] = await rows(tree, work);
    assert.match(String(broken), /^build: nobody@192\.0\.2\.9:22 · broken: ssh knows no “Prot”.*did you mean Port\?$/);
  });

  it('shows in the hover which line decides', async () => {
    writeFileSync(path.join(ssh, 'config.d', 'work.conf'), 'Host build\n  Port 77\n', { mode: 0o666 });
    chmodSync(path.join(ssh, 'config.d', 'work.conf'), 0o666);
    const { tree, model } = await open();
    const [ada] = await model.nodes((node) => node.label === 'ada');
    assert.ok(ada);
    const item = await tree.resolveTreeItem(tree.getTreeItem(ada), ada);
    assert.ok(item.tooltip instanceof vscode.MarkdownString);
    assert.match(item.tooltip.value, /`ssh ada` goes to `nobody@ada\.lab\.example\.edu:22`/);
    assert.match(item.tooltip.value, /\| User \| nobody \| config\\:4 \|/);
    const [work] = (await tree.getChildren()).slice(1);
    assert.ok(work);
    assert.match(String(tree.getTreeItem(work).description), /Others may write this file \(mode 666\): ssh refuses it/);
  });

  it('shows only the rows that hold the filter', async () => {
    const { tree, model } = await open();
    await model.setFilter('LAB.example');
    const files = await tree.getChildren();
    assert.deepEqual(
      (await rows(tree, files[0])).map((row) => row.split(':')[0]),
      ['ada', 'ada.lab.example.edu', '*.lab.example.edu'],
    );
  });

  it('follows what other programs write', async () => {
    const { model } = await open();
    writeFileSync(path.join(ssh, 'config'), 'Host fresh\n  Prot 1\n', { mode: 0o600 });
    let names: string[] = [];
    await until('the new host is listed', () => {
      void model.nodes(() => true).then((nodes) => (names = nodes.map((node) => node.label)));
      return names.includes('fresh');
    });
  });
});

describe('an open ssh configuration', () => {
  beforeEach(() => {
    mkdirSync(ssh, { recursive: true, mode: 0o700 });
    writeFileSync(file, course, { mode: 0o600 });
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    rmSync(ssh, { recursive: true, force: true });
  });

  let files = 0;
  /** A file of its own each time: the editor keeps a document for a while after it was closed. */
  const opened = async (text: string): Promise<vscode.TextDocument> => {
    const own = path.join(ssh, `part-${++files}.conf`);
    writeFileSync(own, text, { mode: 0o600 });
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(own));
    await vscode.window.showTextDocument(document);
    return document;
  };
  const problems = (document: vscode.TextDocument, code: string) =>
    until(`a diagnostic ${code}`, () =>
      vscode.languages.getDiagnostics(document.uri).find((one) => one.code === code || one.source === code),
    );
  const fixes = (document: vscode.TextDocument, range: vscode.Range) =>
    vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, range);

  it('completes keywords with what they do, and values', async () => {
    const document = await opened('Host web\n  Pass\n  PubkeyAuthentication \n');
    const at = async (line: number, column: number): Promise<vscode.CompletionList> =>
      vscode.commands.executeCommand('vscode.executeCompletionItemProvider', document.uri, new vscode.Position(line, column));
    const keywords = await at(1, 6);
    const password = keywords.items.find((item) => item.label === 'PasswordAuthentication');
    assert.ok(password);
    assert.equal(password.documentation, 'Whether to try logging in with a password.');
    const values = await at(2, 24);
    assert.deepEqual(
      values.items.filter(({ kind }) => kind === vscode.CompletionItemKind.EnumMember).map(({ label }) => label),
      ['yes', 'no', 'unbound', 'host-bound'],
    );
  });

  it('explains a keyword under the mouse', async () => {
    const document = await opened('Host web\n  HostKeyAlias x\n');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(1, 5),
    );
    assert.ok(
      hovers.some(({ contents }) =>
        contents.some((one) => one instanceof vscode.MarkdownString && /host key is looked up/.test(one.value)),
      ),
    );
  });

  it('underlines a misspelled keyword and corrects it', async () => {
    const document = await opened('Host web\n  HostNam 192.0.2.1\n');
    const found = await problems(document, 'unknownKeyword');
    assert.deepEqual([found.range.start.line, found.range.start.character, found.range.end.character], [1, 2, 9]);
    const [fix] = await fixes(document, found.range);
    assert.ok(fix);
    assert.equal(fix.title, 'Change to HostName');
    assert.ok(fix.edit);
    await vscode.workspace.applyEdit(fix.edit);
    assert.equal(document.getText(), 'Host web\n  HostName 192.0.2.1\n');
  });

  it('moves an entry before the pattern that wins over it', async () => {
    const document = await opened('Host *\n  User root\n\n# the web server\nHost web\n  User ada\n');
    const found = await problems(document, 'shadowed');
    const fix = (await fixes(document, found.range)).find(({ title }) => /^Move the entry/.test(title));
    assert.ok(fix?.edit);
    await vscode.workspace.applyEdit(fix.edit);
    assert.equal(document.getText(), '# the web server\nHost web\n  User ada\n\nHost *\n  User root\n');
  });

  it('offers to create or choose a key that is missing, and to protect one that others may read', async () => {
    const document = await opened('Host web\n  IdentityFile ~/.ssh/no_such_key\n');
    const missing = await problems(document, 'keyMissing').catch(() => undefined);
    // ssh expands ~ by the user database: where the test's home folder is another one, the key is named in full
    if (missing !== undefined) assert.ok((await fixes(document, missing.range)).some(({ title }) => /^Create this key/.test(title)));
    const key = path.join(ssh, 'open_key');
    writeFileSync(key, 'x', { mode: 0o644 });
    chmodSync(key, 0o644);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(1, 0, 2, 0), `  IdentityFile ${key}\n`);
    await vscode.workspace.applyEdit(edit);
    const shown = await problems(document, 'keyOpen');
    assert.ok((await fixes(document, shown.range)).some(({ title }) => /mode 600/.test(title)));
  });

  it('passes on what only the installed ssh knows, after saving', async () => {
    const document = await opened('Host *\n  Ciphers no-such-cipher\n');
    const found = await problems(document, 'ssh -G');
    assert.equal(found.range.start.line, 1);
    assert.match(found.message, /no-such-cipher/);
  });
});
