import assert from 'node:assert/strict';
import type { Account, GivenMachine, Instance, Machine } from '../../../src/core/cloud/model';
import { givenKey, instanceKey } from '../../../src/core/cloud/model';
import { SkylabError } from '../../../src/core/errors';
import type { SshAlias } from '../../../src/core/ssh/model';
import type { OperationView, StepView } from '../../../src/shared/operation';
import { bytesText } from '../../../src/ui/model/bytes';
import type { L10n } from '../../../src/ui/model/l10n';
import { accountProblem, accountRow, accountTooltip, groupRow, machineRow, machineTooltip } from '../../../src/ui/model/machineRow';
import { escapeMarkdown } from '../../../src/ui/model/markdown';
import { activityOrder, operationRow, progressText, stepRow } from '../../../src/ui/model/operationRow';
import { durationText, spanText } from '../../../src/ui/model/time';

const l10n: L10n = { t: (message, ...args) => message.replace(/\{(\d)\}/g, (_all, i: string) => String(args[Number(i)])) };
const NOW = Date.UTC(2026, 0, 2, 12);
const HOUR = 3_600_000;

const instance = (over: Partial<Instance> = {}): Machine => {
  const value: Instance = {
    accountId: 'a',
    id: 'i-1',
    name: 'ada',
    state: 'running',
    type: 't3.small',
    imageId: 'ami-1',
    publicAddress: '127.10.1.1',
    launchedAt: NOW - 3 * HOUR,
    securityGroups: [],
    tags: {},
    ...over,
  };
  return { kind: 'instance', key: instanceKey(value.accountId, value.id), name: value.name, instance: value };
};

const given: GivenMachine = {
  id: 'g1',
  name: 'grace',
  target: { alias: 'grace' as SshAlias, hostName: 'grace.example.edu', port: 2222, user: 'student', hostKeyAlias: 'g1' },
};
const givenMachine: Machine = { kind: 'given', key: givenKey('g1'), name: 'grace', given };

const step = (over: Partial<StepView>): StepView => ({ name: 's', title: 'Waiting for SSH', state: 'waiting', ...over });
const operation = (over: Partial<OperationView> = {}): OperationView => ({
  id: 'o1',
  kind: 'launch',
  title: 'Launch ada',
  state: 'running',
  steps: [step({ state: 'running', startedAt: NOW })],
  startedAt: NOW - 5000,
  leftovers: [],
  ...over,
});

describe("a machine's row", () => {
  it('says state, type, address and age', () => {
    const row = machineRow(instance(), undefined, NOW, l10n);
    assert.equal(row.label, 'ada');
    assert.equal(row.description, 'running · t3.small · 127.10.1.1 · 3 h');
    assert.equal(row.contextValue, 'instance.running');
  });

  it('says no address and no age of a stopped machine', () => {
    const row = machineRow(instance({ state: 'stopped', privateAddress: '10.0.0.5', publicAddress: '' }), undefined, NOW, l10n);
    assert.equal(row.description, 'stopped · t3.small');
    assert.equal(row.icon.id, 'vm-outline');
  });

  it('falls back to the private address where the cloud has no public ones', () => {
    const one = instance() as Extract<Machine, { kind: 'instance' }>;
    const privateOnly = JSON.parse(JSON.stringify({ ...one.instance, publicAddress: undefined, privateAddress: '10.0.0.5' })) as Instance;
    const bare: Machine = { ...one, instance: privateOnly };
    assert.equal(machineRow(bare, undefined, NOW, l10n).description, 'running · t3.small · 10.0.0.5 · 3 h');
  });

  it('shows the step of what runs on it instead', () => {
    const running = operation({
      steps: [step({ title: 'First-boot set-up', detail: 'running first-boot set-up: installing docker.io (2/4)', state: 'running' })],
    });
    const row = machineRow(instance(), running, NOW, l10n);
    assert.equal(row.description, 'running first-boot set-up: installing docker.io (2/4)');
    assert.equal(row.contextValue, 'instance.running.busy');
    assert.equal(row.aria, 'ada, running, running first-boot set-up: installing docker.io (2/4)');
  });

  it('stays usable while something is uploaded to it', () => {
    assert.equal(machineRow(instance(), operation({ kind: 'upload' }), NOW, l10n).contextValue, 'instance.running.working');
    assert.equal(machineRow(instance(), operation({ state: 'done' }), NOW, l10n).contextValue, 'instance.running');
  });

  it('of a cloud that can do little more than run it says so to the menus', () => {
    assert.equal(machineRow(instance(), undefined, NOW, l10n, [], true).contextValue, 'instance.running.plain');
    assert.equal(machineRow(instance(), operation({ kind: 'upload' }), NOW, l10n, [], true).contextValue, 'instance.running.working.plain');
  });

  it('says how a given machine is reached', () => {
    const row = machineRow(givenMachine, undefined, NOW, l10n);
    assert.equal(row.description, 'student@grace.example.edu:2222');
    assert.equal(row.contextValue, 'given');
  });

  it('has a word for every state, so that no state is told by color alone', () => {
    const states = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const;
    const words = states.map((state) => machineRow(instance({ state }), undefined, NOW, l10n).description.split(' · ')[0]);
    assert.deepEqual(words, ['starting', 'running', 'stopping', 'stopped', 'terminating', 'terminated']);
  });
});

describe("a group's row", () => {
  it('counts its machines and those that run', () => {
    const two = [instance(), instance({ id: 'i-2', state: 'stopped' })];
    assert.equal(groupRow('week08', { by: 'lab' }, two, l10n).description, '2 machines · 1 running');
    assert.equal(groupRow('week08', { by: 'lab' }, two, l10n, ['$0.02/h']).description, '2 machines · 1 running · $0.02/h');
    assert.equal(groupRow('', { by: 'lab' }, two, l10n).label, 'no lab');
    assert.equal(groupRow('stopped', { by: 'state' }, two.slice(1), l10n).description, '1 machine');
    assert.equal(groupRow('shutting-down', { by: 'state' }, [], l10n).label, 'terminating');
  });
});

describe("a machine's hover", () => {
  it('shows tags as text, whatever markup they carry', () => {
    const tags = { Name: 'ada', note: '[click](command:evil) <img src=x> | `x` $(alert)' };
    const text = machineTooltip(instance({ tags }), undefined, l10n, 'en');
    assert.ok(!/\]\(/.test(text), text);
    assert.ok(!text.includes('<img'), text);
    assert.ok(!text.includes('$(alert)'), text);
    assert.equal(text.split('\n').filter((line) => line.includes('click')).length, 1);
  });

  it('says how to log in once an entry exists', () => {
    const text = machineTooltip(givenMachine, given.target, l10n);
    assert.ok(text.includes('ssh grace'), text);
  });

  it('escapes every character that Markdown reads', () => {
    assert.equal(escapeMarkdown('a|b\n*c*<d>&'), 'a\\|b \\*c\\*&lt;d&gt;&amp;');
  });
});

describe("an account's row", () => {
  const account: Account = { kind: 'keys', id: 'a', name: 'phys-dept', region: 'us-east-1' };

  it('says region and how many run', () => {
    const machines = [instance(), instance({ id: 'i-2', state: 'stopped' })];
    assert.equal(accountRow(account, { state: 'loaded', at: NOW }, machines, l10n).description, '1 running · us-east-1');
  });

  it('tells an empty account from one that is still being read', () => {
    assert.equal(accountRow(account, { state: 'loaded', at: NOW }, [], l10n).description, 'no machines · us-east-1');
    assert.equal(accountRow(account, { state: 'loading' }, [], l10n).description, 'loading · us-east-1');
  });

  it('says how old its machines are while the cloud has not answered', () => {
    const account: Account = { kind: 'profile', id: 'a', name: 'physics', profile: 'physics', region: 'us-east-1' };
    const row = accountRow(account, { state: 'loading', at: NOW - 180_000 }, [instance()], l10n, [], NOW);
    assert.equal(row.description, '1 running · as of 3 min ago · us-east-1');
    assert.equal(accountRow(account, { state: 'loading' }, [instance()], l10n, [], NOW).description, '1 running · loading · us-east-1');
  });

  it('says that the session has expired, and lets its menu offer to sign in again', () => {
    const account: Account = { kind: 'profile', id: 'a', name: 'physics', profile: 'physics', region: 'us-east-1' };
    const error = new SkylabError('Expired.', { remedies: [{ kind: 'signIn', profile: 'physics' }] });
    const row = accountRow(account, { state: 'failed', error, at: NOW - 60_000 }, [instance()], l10n, [], NOW);
    assert.equal(row.description, 'session expired · as of 1 min ago · us-east-1');
    assert.equal(row.contextValue, 'account.failed.profile.signIn');
  });

  it('tells in its hover what the last refresh took', () => {
    const account: Account = { kind: 'keys', id: 'a', name: 'physics', region: 'us-east-1' };
    const text = accountTooltip(account, { state: 'loaded', at: NOW - 5_000, last: { calls: 100, ms: 4_100 } }, [instance()], NOW, l10n);
    assert.match(text, /100 calls in 4\\\.1 s/);
    assert.match(text, /1, of which 1 run/);
  });

  it('says why it cannot be read, with what to do', () => {
    const status = { state: 'failed', error: new SkylabError('The key is wrong.', { next: 'Edit the account.' }) } as const;
    assert.equal(accountRow(account, status, [], l10n).contextValue, 'account.failed.keys');
    assert.equal(accountProblem(status), 'The key is wrong. Edit the account.');
  });
});

describe('an operation in the Activity view', () => {
  it('shows the running step with its share where there is no detail', () => {
    assert.equal(
      progressText(operation({ steps: [step({ title: 'Uploading', state: 'running', fraction: 0.519 })] }), l10n),
      'uploading: 51 %',
    );
  });

  it('puts the title before a detail that does not say what is being done', () => {
    const steps = [step({ title: 'Make the security group', detail: 'SSH from 203.0.113.10 only', state: 'running' })];
    assert.equal(progressText(operation({ steps }), l10n), 'make the security group: SSH from 203.0.113.10 only');
  });

  it('keeps names in capitals as they are', () => {
    assert.equal(progressText(operation({ steps: [step({ title: 'SSH entry', state: 'running' })] }), l10n), 'SSH entry');
  });

  it('says that it undoes', () => {
    assert.equal(progressText(operation({ state: 'undoing', steps: [step({ state: 'failed' })] }), l10n), 'undoing what was created');
  });

  it('shows the sentence of a failure and offers to clean up only when something is left', () => {
    const failed = operation({ state: 'failed', error: 'No such image.', endedAt: NOW });
    assert.equal(operationRow(failed, NOW, l10n).description, 'No such image.');
    assert.equal(operationRow(failed, NOW, l10n).contextValue, 'operation.failed');
    const left = { kind: 'keyPair', id: 'k', label: 'key pair k' } as const;
    assert.equal(operationRow({ ...failed, leftovers: [left] }, NOW, l10n).contextValue, 'operation.failed.leftovers');
  });

  it('says how long it took', () => {
    assert.equal(operationRow(operation({ state: 'done', endedAt: NOW }), NOW, l10n).description, 'done in 5.0 s');
  });

  it('lists running ones first, then the newest', () => {
    const old = operation({ id: 'old', state: 'done', startedAt: 1 });
    const recent = operation({ id: 'recent', state: 'failed', startedAt: 2 });
    const running = operation({ id: 'running', startedAt: 0 });
    assert.deepEqual(
      [old, recent, running].sort(activityOrder).map((one) => one.id),
      ['running', 'recent', 'old'],
    );
  });

  it('shows the time of a finished step and the word of a waiting one', () => {
    assert.equal(stepRow(step({ state: 'done', startedAt: NOW - 61_000, endedAt: NOW }), NOW, l10n).description, '1 min 1 s');
    assert.equal(stepRow(step({}), NOW, l10n).description, 'waiting');
  });
});

describe('spans and sizes', () => {
  it('are given in the coarsest unit that says enough', () => {
    const texts = [5_000, 90_000, 3 * HOUR, 47 * HOUR, 72 * HOUR].map((ms) => spanText(ms, l10n));
    assert.deepEqual(texts, ['5 s', '1 min', '3 h', '47 h', '3 d']);
    assert.equal(spanText(-5, l10n), '0 s');
  });

  it('never say 60 s or 1000 kB', () => {
    assert.equal(durationText(59_700, l10n), '1 min 0 s');
    assert.equal(durationText(9_949, l10n), '9.9 s');
    assert.deepEqual([0, 999, 1000, 999_949, 4_200_000, 1.5e9].map(bytesText), ['0 B', '999 B', '1.0 kB', '1.0 MB', '4.2 MB', '1.5 GB']);
  });
});
