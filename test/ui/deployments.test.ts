import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Machine } from '../../src/core/cloud/model';
import { givenKey } from '../../src/core/cloud/model';
import type { Stacks } from '../../src/core/deploy/stacks/stacks';
import { parseSurvey } from '../../src/core/deploy/stacks/survey';
import { SkylabError } from '../../src/core/errors';
import type { SshAlias } from '../../src/core/ssh/model';
import { DeploymentsBranch } from '../../src/ui/deployments/branch';
import type { Services } from '../../src/ui/services';
import { ROOT } from '../../src/ui/tree/lazyBranch';

const target = { alias: 'ada' as SshAlias, hostName: '127.0.0.1', port: 22, user: 'ada', hostKeyAlias: 'ada' };
const ada: Machine = { kind: 'given', key: givenKey('ada'), name: 'ada', given: { id: 'ada', name: 'ada', target } };

const container = (service: string, number: number, more: object = {}): string =>
  `container\t${JSON.stringify({ id: `${service}${number}`, name: `/lab-${service}-${number}`, image: 'caddy:2', state: 'running', health: '', project: 'lab', service, oneOff: 'False', ...more })}`;

/** What a machine would print: a stack of two services, one of them twice, and a project of others. */
const printed = [
  'docker\tdirect 26.1.5',
  'home\t/home/ada',
  container('page', 1, { health: 'unhealthy', ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] } }),
  container('worker', 1),
  container('worker', 2),
  container('db', 1, { project: 'theirs' }),
  'stack\tlab',
  'current\t20261121-100000-aaaa',
  'release\t20261121-100000-aaaa',
  'record\t{"url":"http://ada:8080","by":"bob@desk"}',
  'release\t20261120-100000-bbbb',
].join('\n');

function bench({ remembered = false, connected = true, fails = false } = {}) {
  let asked = 0;
  const stacks = {
    survey: async () => {
      asked++;
      if (fails) throw new SkylabError('ada does not answer.');
      return parseSurvey(printed, Date.now());
    },
  } as unknown as Stacks;
  const none = { onChange: () => ({ dispose: () => undefined }) };
  const kept = [{ machineKey: ada.key, name: 'lab', url: 'http://ada:8080', unit: '', root: '/labs/lab', deployedAt: Date.now() - 60_000 }];
  const services = {
    memento: { get: () => (remembered ? kept : undefined) },
    operations: none,
    machines: { ...none, get: () => ada },
    access: { isConnected: () => connected },
  } as unknown as Services;
  return { branch: new DeploymentsBranch(services, stacks, () => false), asked: () => asked };
}

describe('the Deployments rows below a machine', () => {
  it('show stacks with their state in words, then projects of others, after one question', async () => {
    const { branch, asked } = bench();
    assert.deepEqual(await branch.children(ada, ROOT), ['stack|lab', 'other|theirs']);
    const stack = branch.item(ada, 'stack|lab');
    assert.match(String(stack.description), /^not well · http:\/\/ada:8080 · released /);
    assert.equal(stack.contextValue, 'stack.own.ill.site');
    assert.match(stack.accessibilityInformation?.label ?? '', /^stack lab, not well/);
    assert.match(String(branch.item(ada, 'other|theirs').description), /running · not deployed by Skylab/);
    const rows = await branch.children(ada, 'stack|lab');
    assert.deepEqual(rows, ['service|own|lab|page', 'service|own|lab|worker', 'releases|lab']);
    assert.equal(branch.item(ada, 'service|own|lab|page').description, 'running, unhealthy · caddy:2 · 8080→80');
    const worker = branch.item(ada, 'service|own|lab|worker');
    assert.equal(worker.description, 'running · 2 of 2 run · caddy:2');
    assert.equal(worker.collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
    assert.equal((await branch.children(ada, 'service|own|lab|worker')).length, 2);
    const releases = await branch.children(ada, 'releases|lab');
    assert.deepEqual(
      releases.map((path) => branch.item(ada, path).contextValue),
      ['release.current', 'release.older'],
    );
    assert.match(String(branch.item(ada, releases[0] ?? '').description), /^current · .* · by bob@desk$/);
    assert.deepEqual(
      rows.map((path) => branch.parent(path)),
      ['stack|lab', 'stack|lab', 'stack|lab'],
    );
    assert.equal(asked(), 1);
    branch.dispose();
  });

  it('dial no machine by themselves: what this computer remembers is shown until a person unfolds it', async () => {
    const { branch, asked } = bench({ remembered: true, connected: false });
    assert.deepEqual(await branch.children(ada, ROOT), ['stack|lab']);
    assert.equal(branch.item(ada, 'stack|lab').contextValue, 'stack.own.unknown.site');
    assert.equal(asked(), 0);
    assert.equal((await branch.children(ada, 'stack|lab')).length, 3);
    assert.equal(asked(), 1);
    branch.dispose();
  });

  it('say why a machine could not be asked, and offer to try again', async () => {
    const { branch } = bench({ fails: true });
    const [row = ''] = await branch.children(ada, ROOT);
    const item = branch.item(ada, row);
    assert.equal(item.label, 'ada does not answer.');
    assert.equal(item.command?.command, 'skylab.deployment.refresh');
    branch.dispose();
  });
});
