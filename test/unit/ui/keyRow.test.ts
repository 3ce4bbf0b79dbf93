import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { KeyEntry, KeyFile } from '../../../src/core/ssh/keys/model';
import type { Fingerprint } from '../../../src/core/ssh/model';
import { keyRow, keyTooltip, shortPath } from '../../../src/ui/model/keyRow';

const l10n = {
  t: (text: string, ...args: (string | number | boolean)[]) => text.replace(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)])),
};
const entry = (file: Partial<KeyFile> | undefined, more: Partial<KeyEntry> = {}): KeyEntry => ({
  id: 'x',
  ...(file !== undefined && { file: { path: '/home/me/.ssh/id_ed25519', secrecy: 'open', comment: '', ...file } }),
  facts: { kind: 'ED25519', bits: 256, fingerprint: 'SHA256:x' as Fingerprint },
  comment: 'ada@home',
  usedBy: [],
  ...more,
});
const agent = { blob: Buffer.from('x'), comment: '' };
const row = (file: Partial<KeyFile> | undefined, more: Partial<KeyEntry> = {}) => keyRow(entry(file, more), '/home/me', l10n);

describe('the row of a key', () => {
  it('says by icon and word what the key is, whether it is locked and where it is', () => {
    assert.deepEqual(row({}), {
      label: 'id_ed25519',
      description: 'ED25519 256 · no passphrase',
      icon: { id: 'key' },
      contextValue: 'key.open.outside',
      aria: 'id_ed25519, ED25519 256, no passphrase',
    });
    assert.equal(row({ secrecy: 'locked' }, { agent }).description, 'ED25519 256 · with passphrase · in the agent');
    assert.equal(row({ secrecy: 'locked' }, { agent }).contextValue, 'key.locked.inside');
    assert.equal(row(undefined, { agent }).label, 'ada@home');
    assert.equal(row(undefined, { agent }).contextValue, 'key.agent');
    assert.equal(row({ secrecy: 'public' }).contextValue, 'key.public');
  });

  it('warns of a key that others may read, and says what to do', () => {
    const loose = entry({ problem: { kind: 'modes', mode: 0o644 } });
    assert.match(keyRow(loose, '/home/me', l10n).description, /others may read it \(mode 0644\)/);
    assert.equal(keyRow(loose, '/home/me', l10n).icon.id, 'warning');
    assert.match(keyTooltip(loose, '/home/me', l10n), /repair its permissions/);
  });

  it('names the file from the folder of ssh on', () => {
    assert.equal(shortPath('/home/me/.ssh/skylab/keys/ada', '/home/me'), 'skylab/keys/ada');
    assert.equal(shortPath('/home/me/course.pem', '/home/me'), '~/course.pem');
    assert.equal(shortPath('/mnt/key', '/home/me'), '/mnt/key');
    assert.equal(shortPath('C:\\Users\\me\\.ssh\\id', 'C:\\Users\\me'), 'id');
  });

  it('offers what can be done with it, and at most three actions inline, none that destroys', () => {
    const manifest = JSON.parse(readFileSync(path.resolve(__dirname, '../../../package.json'), 'utf8')) as {
      contributes: { menus: Record<string, { command: string; when: string; group: string }[]> };
    };
    const on = (contextValue: string, inline = false): string[] =>
      (manifest.contributes.menus['view/item/context'] ?? [])
        .filter(({ when, group }) => {
          const pattern = /view == skylab\.keys && viewItem =~ \/(.*)\/$/.exec(when)?.[1];
          return pattern !== undefined && new RegExp(pattern).test(contextValue) && group.startsWith('inline') === inline;
        })
        .map(({ command }) => command.replace('skylab.key.', ''));
    const always = ['copyPublic', 'copyFingerprint', 'install'];
    assert.deepEqual(on('key.open.outside'), [...always, 'addToAgent', 'setPassphrase', 'reveal', 'delete']);
    assert.deepEqual(on('key.locked.inside.modes'), [...always, 'removeFromAgent', 'setPassphrase', 'repairModes', 'reveal', 'delete']);
    assert.deepEqual(on('key.public'), [...always, 'reveal', 'delete']);
    assert.deepEqual(on('key.agent'), [...always, 'removeFromAgent']);
    for (const value of ['key.open.outside', 'key.locked.inside', 'key.public', 'key.agent']) {
      assert.ok(on(value, true).length <= 3);
      assert.ok(!on(value, true).includes('delete'));
    }
  });
});
