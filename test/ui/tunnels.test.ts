import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { systemClock } from '../../src/core/clock';
import type { Machine } from '../../src/core/cloud/model';
import { givenKey } from '../../src/core/cloud/model';
import type { Memento } from '../../src/core/cloud/ports';
import { SkylabError } from '../../src/core/errors';
import type { SshAlias } from '../../src/core/ssh/model';
import { Tunnels } from '../../src/core/ssh/tunnels/tunnels';
import { NodeLocalNet } from '../../src/adapters/net/localNet';
import type { Services } from '../../src/ui/services';
import { TunnelsTree } from '../../src/ui/tunnels/tree';

const target = { alias: 'ada' as SshAlias, hostName: '127.0.0.1', port: 22, user: 'ada', hostKeyAlias: 'ada' };
const ada: Machine = { kind: 'given', key: givenKey('ada'), name: 'ada', given: { id: 'ada', name: 'ada', target } };
const local = (port: number) => ({ kind: 'local', listen: { host: 'localhost', port }, to: { host: 'localhost', port: 8888 } }) as const;

/** The view over real tunnels to a machine that does not answer. */
async function bench(): Promise<{ tree: TunnelsTree; tunnels: Tunnels; port: number }> {
  const kept = new Map<string, unknown>();
  const memento = { get: (key: string) => kept.get(key), set: async (key: string, value: unknown) => void kept.set(key, value) } as Memento;
  const machines = { get: () => ada, onChange: () => ({ dispose: () => undefined }) };
  const net = new NodeLocalNet();
  const session = () => Promise.reject(new SkylabError('ada does not answer.', { code: 'Unreachable' }));
  const tunnels = new Tunnels(memento, { access: { session }, machines, net, clock: systemClock });
  const services = { machines, memento, tunnels: async () => tunnels } as unknown as Services;
  return { tree: new TunnelsTree(services), tunnels, port: await net.freePort(18_888) };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the Tunnels view', () => {
  it('shows a new tunnel at once, in the view and under its machine, and its state as it changes', async () => {
    const { tree, tunnels, port } = await bench();
    assert.deepEqual(await tree.getChildren(), []);
    const painted: unknown[] = [];
    const below: unknown[] = [];
    tree.onDidChangeTreeData((node) => painted.push(node));
    tree.onDidChange((change) => below.push(change));
    const { id } = await tunnels.add(ada.key, 'ada', local(port));
    await later(200);
    assert.ok(painted.includes(undefined), 'the list is painted anew');
    assert.deepEqual(below[0], { key: ada.key });
    const [row] = await tree.getChildren();
    assert.ok(row);
    assert.equal(tree.node(id), row);
    const item = tree.getTreeItem(row);
    assert.equal(item.label, `${port} → ada:8888`);
    assert.equal(item.description, 'reconnecting · ada does not answer.');
    assert.equal(item.contextValue, 'tunnel.web.on');
    assert.deepEqual(await tree.children(ada, ''), [id]);
    assert.equal(tree.item(ada, id).label, item.label);
    painted.length = 0;
    await tunnels.stop(id);
    await later(200);
    assert.deepEqual(painted, [row], 'its row alone');
    assert.equal(tree.getTreeItem(row).description, 'stopped');
    tree.dispose();
    tunnels.dispose();
  });

  it('has a hover with what went through, made when it is asked for', async () => {
    const { tree, tunnels, port } = await bench();
    const { id } = await tunnels.add(ada.key, 'ada', local(port));
    const row = (await tree.getChildren())[0]!;
    const item = tree.resolveTreeItem(tree.getTreeItem(row), row);
    assert.ok(item.tooltip instanceof vscode.MarkdownString);
    assert.match(item.tooltip.value, /0 open, 0 in all/);
    await tunnels.remove(id);
    assert.deepEqual(await tree.getChildren(), []);
    tree.dispose();
    tunnels.dispose();
  });
});
