import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Accounts } from '../../src/core/cloud/accounts';
import { Machines } from '../../src/core/cloud/machines';
import type { Account, Instance } from '../../src/core/cloud/model';
import { instanceKey } from '../../src/core/cloud/model';
import type { CloudProvider, CloudProviders, KeyVault, Memento } from '../../src/core/cloud/ports';
import { SkylabError } from '../../src/core/errors';
import { Emitter } from '../../src/core/events';
import { Operations } from '../../src/core/operations/operations';
import type { Services } from '../../src/ui/services';
import { ActivityTree } from '../../src/ui/tree/activityTree';
import { MachinesTree } from '../../src/ui/tree/machinesTree';
import type { Node } from '../../src/ui/tree/nodes';

const account: Account = { kind: 'keys', id: 'a', name: 'phys-dept', region: 'us-east-1' };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function instances(count: number): Instance[] {
  return Array.from({ length: count }, (_, i) => ({
    accountId: 'a',
    id: `i-${i}`,
    name: `student-${String(i).padStart(5, '0')}`,
    state: 'running',
    type: 't3.small',
    imageId: 'ami-1',
    publicAddress: `10.0.${i >> 8}.${i & 255}`,
    launchedAt: Date.now() - 3_600_000,
    securityGroups: [],
    tags: {},
  }));
}

/** Real stores over a cloud that answers from memory. */
async function bench(
  listing: () => readonly Instance[] | Error,
): Promise<{ services: Services; tree: MachinesTree; machines: Machines; operations: Operations }> {
  const provider = {
    check: async () => undefined,
    async *listInstances() {
      const answer = listing();
      if (answer instanceof Error) throw answer;
      yield answer;
    },
  } as unknown as CloudProvider;
  const providers: CloudProviders = { for: async () => provider, forget: () => undefined };
  const kept = new Map<string, unknown>();
  const memento = { get: (key: string) => kept.get(key), set: async (key: string, value: unknown) => void kept.set(key, value) } as Memento;
  const vault: KeyVault = { get: async () => undefined, set: async () => undefined, delete: async () => undefined };
  const accounts = new Accounts(memento, vault, providers);
  await accounts.add(account);
  const machines = new Machines(accounts, providers);
  const operations = new Operations({ save: async () => undefined, remove: async () => undefined, list: async () => [] }, log);
  const services = { accounts, machines, operations, hostEntries: { list: async () => [] } } as unknown as Services;
  await machines.refresh('a');
  return { services, tree: new MachinesTree(services), machines, operations };
}

/** Accounts and their machines are listed without waiting. */
const rowsOf = (tree: MachinesTree, node?: Node): Node[] => {
  const rows = tree.getChildren(node);
  assert.ok(Array.isArray(rows));
  return rows;
};

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const label = (item: vscode.TreeItem) => (typeof item.label === 'string' ? item.label : (item.label?.label ?? ''));

describe('the tree of machines', () => {
  it('shows 500 of 10,000 machines at once, quickly, and the rest on demand', async () => {
    const { tree } = await bench(() => instances(10_000));
    const [root] = rowsOf(tree);
    assert.ok(root);
    const rows = rowsOf(tree, root);
    assert.equal(rows.length, 501);
    const rounds = Array.from({ length: 5 }, () => {
      const start = performance.now();
      rowsOf(tree, root).forEach((row) => tree.getTreeItem(row));
      return performance.now() - start;
    });
    // The best round: the others share the machine with whatever else runs.
    const ms = Math.min(...rounds);
    assert.ok(ms < 50, `${ms.toFixed(0)} ms`);
    const more = rows.at(-1);
    assert.ok(more?.kind === 'more');
    assert.equal(label(tree.getTreeItem(more)), 'Show 500 more');
    tree.showMore(more.parent);
    assert.equal(rowsOf(tree, root).length, 1001);
  });

  it('repaints nothing when 10,000 machines are listed anew unchanged, and each changed one alone', async () => {
    let listing = instances(10_000);
    const { tree, machines } = await bench(() => listing);
    const [root] = rowsOf(tree);
    assert.ok(root);
    rowsOf(tree, root);
    const painted: (Node | undefined)[] = [];
    tree.onDidChangeTreeData((node) => painted.push(node));
    const start = performance.now();
    await machines.refresh('a');
    const ms = performance.now() - start;
    await later(250);
    assert.deepEqual([...painted], []);
    assert.ok(ms < 400, `${ms.toFixed(0)} ms`);
    listing = listing.map((one, i) => (i === 0 ? { ...one, type: 't3.large' } : one));
    await machines.refresh('a');
    await later(250);
    assert.deepEqual(
      [...painted].map((node) => (node?.kind === 'machine' ? node.key : node?.kind)),
      [instanceKey('a', 'i-0')],
    );
  });

  it('finds the row of a machine that stands on a later page', async () => {
    const { tree } = await bench(() => instances(2_000));
    const [root] = rowsOf(tree);
    assert.ok(root);
    const row = tree.rowOf(instanceKey('a', 'i-1600'));
    assert.ok(rowsOf(tree, root).includes(row), 'the page was opened far enough');
    assert.equal(tree.getParent(row), root);
  });

  it('repaints only the machine that changed', async () => {
    const { tree, machines } = await bench(() => instances(20));
    const [root] = rowsOf(tree);
    assert.ok(root);
    const rows = rowsOf(tree, root);
    const painted: (Node | undefined)[] = [];
    tree.onDidChangeTreeData((node) => painted.push(node));
    const [first] = instances(1);
    assert.ok(first);
    machines.upsert([{ ...first, type: 't3.medium' }]);
    await later(250);
    assert.ok(painted.includes(rows[0]), 'its row is painted anew');
    assert.ok(!painted.includes(undefined), 'the whole tree is not');
    assert.ok(!painted.some((node) => node !== rows[0] && node?.kind === 'machine'), 'no other machine is');
    assert.match(String(tree.getTreeItem(rows[0]!).description), /t3\.medium/);
  });

  it('counts anew on the account when a machine stops running', async () => {
    const { tree, machines } = await bench(() => instances(20));
    const [root] = rowsOf(tree);
    assert.ok(root);
    assert.match(String(tree.getTreeItem(root).description), /^20 running/);
    const painted: (Node | undefined)[] = [];
    tree.onDidChangeTreeData((node) => painted.push(node));
    const [first] = instances(1);
    assert.ok(first);
    machines.upsert([{ ...first, state: 'stopping' }]);
    await later(250);
    assert.deepEqual([...painted], [root]);
    assert.match(String(tree.getTreeItem(root).description), /^19 running/);
  });

  it('puts machines below groups, and moves a row when its group changes', async () => {
    const lab = instances(3).map((one, i): Instance => ({ ...one, tags: i === 0 ? {} : { Lab: 'week08' } }));
    const { tree, machines } = await bench(() => lab);
    tree.arrangement.setGrouping({ by: 'lab' });
    const [root] = rowsOf(tree);
    assert.ok(root);
    const groups = rowsOf(tree, root);
    assert.deepEqual(
      groups.map((node) => [label(tree.getTreeItem(node)), tree.getTreeItem(node).description]),
      [
        ['week08', '2 machines · 2 running'],
        ['no lab', '1 machine · 1 running'],
      ],
    );
    const row = tree.rowOf(instanceKey('a', 'i-1'));
    assert.equal(tree.getParent(row), groups[0]);
    assert.ok(rowsOf(tree, groups[0]).includes(row));
    await later(150);
    const painted: (Node | undefined)[] = [];
    tree.onDidChangeTreeData((node) => painted.push(node));
    const [, second] = lab;
    assert.ok(second);
    machines.upsert([{ ...second, type: 't3.large' }]);
    await later(250);
    assert.deepEqual([...painted], [row], 'a change that keeps the group paints the row alone');
    machines.upsert([{ ...second, type: 't3.large', tags: {} }]);
    await later(250);
    assert.deepEqual([...painted], [row, root]);
    assert.equal(tree.getParent(row), rowsOf(tree, root)[1]);
  });

  it('shows what the filter lets through, and takes the filter off for a machine that is looked for', async () => {
    const { tree } = await bench(() => instances(20));
    const [root] = rowsOf(tree);
    assert.ok(root);
    tree.arrangement.setFilter('student-0001?');
    assert.deepEqual(rowsOf(tree, root).length, 10);
    tree.rowOf(instanceKey('a', 'i-3'));
    assert.equal(tree.arrangement.filterText, '');
    assert.equal(rowsOf(tree, root).length, 20);
  });

  it('has boxes only while machines are chosen; a group’s box stands for its machines', async () => {
    const { tree } = await bench(() => instances(2));
    tree.arrangement.setGrouping({ by: 'state' });
    const [root] = rowsOf(tree);
    assert.ok(root);
    const [group] = rowsOf(tree, root);
    assert.ok(group);
    const [row] = rowsOf(tree, group);
    assert.ok(row);
    assert.equal(tree.getTreeItem(row).checkboxState, undefined);
    tree.checks.begin();
    assert.equal(tree.getTreeItem(row).checkboxState, vscode.TreeItemCheckboxState.Unchecked);
    tree.checks.set([instanceKey('a', 'i-0'), instanceKey('a', 'i-1')], true);
    assert.equal(tree.getTreeItem(group).checkboxState, vscode.TreeItemCheckboxState.Checked);
    tree.checks.set([instanceKey('a', 'i-1')], false);
    assert.equal(tree.getTreeItem(group).checkboxState, vscode.TreeItemCheckboxState.Unchecked);
    assert.deepEqual(tree.checks.keys, [instanceKey('a', 'i-0')]);
    tree.checks.end();
    assert.equal(tree.getTreeItem(row).checkboxState, undefined);
  });

  it('says why an account cannot be read, in a row of its own', async () => {
    const { tree } = await bench(() => new SkylabError('The key is not accepted.', { next: 'Edit the account.' }));
    const [root] = rowsOf(tree);
    assert.ok(root);
    assert.equal(tree.getTreeItem(root).contextValue, 'account.failed.keys');
    const [problem] = rowsOf(tree, root);
    assert.ok(problem);
    assert.equal(label(tree.getTreeItem(problem)), 'The key is not accepted. Edit the account.');
  });

  it('shows the step of a running operation on the row, and the state again at its end', async () => {
    const { tree, operations } = await bench(() => instances(1));
    const [root] = rowsOf(tree);
    assert.ok(root);
    const [row] = rowsOf(tree, root);
    assert.ok(row);
    const go = new Emitter<undefined>();
    const operation = operations.start({
      kind: 'upload',
      title: 'Upload lab',
      machineKey: instanceKey('a', 'i-0'),
      context: {},
      steps: [
        {
          name: 'u',
          title: 'Uploading',
          run: (_context, io) => {
            io.report('3 of 7 files');
            return new Promise((resolve) => go.event(() => resolve()));
          },
        },
      ],
    });
    await later(50);
    assert.equal(tree.getTreeItem(row).description, 'uploading: 3 of 7 files');
    assert.equal(tree.getTreeItem(row).contextValue, 'instance.running.working');
    go.fire(undefined);
    await operation.outcome;
    assert.match(String(tree.getTreeItem(row).description), /^running · t3\.small · 10\.0\.0\.0 · 1 h$/);
  });

  it('tells screen readers name, state and facts of a machine', async () => {
    const { tree } = await bench(() => instances(1));
    const row = tree.rowOf(instanceKey('a', 'i-0'));
    assert.equal(tree.getTreeItem(row).accessibilityInformation?.label, 'student-00000, running, running · t3.small · 10.0.0.0 · 1 h');
  });
});

describe('the Activity view', () => {
  it('shows a failed operation open at its steps, with the sentence', async () => {
    const { services, operations } = await bench(() => []);
    const activity = new ActivityTree(services);
    const steps = [{ name: 's', title: 'Wait for SSH', run: () => Promise.reject(new SkylabError('No answer on port 22.')) }];
    await operations.start({ kind: 'task', title: 'Launch ada', context: {}, steps }).outcome;
    const [row] = activity.getChildren();
    assert.ok(row);
    const item = activity.getTreeItem(row);
    assert.equal(item.description, 'No answer on port 22.');
    assert.equal(item.collapsibleState, vscode.TreeItemCollapsibleState.Expanded);
    const [step] = activity.getChildren(row);
    assert.ok(step);
    assert.match(String(activity.getTreeItem(step).description), /^failed/);
  });
});
