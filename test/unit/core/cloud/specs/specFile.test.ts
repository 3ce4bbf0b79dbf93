import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { Schema } from '../../../../../src/core/cloud/specs/schema';
import { fromFileSpec, readSpec, updateSpec, writeSpec } from '../../../../../src/core/cloud/specs/specFile';
import type { LaunchSpec } from '../../../../../src/shared/launchSpec';

const schema = JSON.parse(readFileSync(path.resolve(__dirname, '../../../../../schemas/skylab-launch.schema.json'), 'utf8')) as Schema;
const NAMES = {
  account: 'physics',
  groups: new Map([
    ['sg-1', 'course'],
    ['sg-2', 'web'],
  ]),
  homeDir: '/home/ada',
};
const KNOWN = {
  accountId: 'acc',
  imageId: 'ami-1',
  groupId: (name: string) => [...NAMES.groups].find(([, one]) => one === name)?.[0] ?? name,
  homeDir: '/home/ada',
};

const FULL: LaunchSpec = {
  accountId: 'acc',
  name: 'lab.example.edu',
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'import', name: 'mine', publicKeyFile: '/home/ada/.ssh/id_ed25519.pub' },
  securityGroup: { kind: 'existing', id: 'sg-1', more: ['sg-2'], rules: [{ protocol: 'tcp', ports: '8888', from: 'me' }] },
  diskGiB: 30,
  userData: '#!/bin/sh\necho "a: b" # kept\n\ttabbed\n',
  count: 3,
  minCount: 2,
  loginUser: 'cloud-user',
  network: { zone: 'us-east-1a', publicAddress: 'elastic', ipv6: true },
  instanceProfile: 'lab',
  protect: true,
  onShutdown: 'terminate',
  keepDisk: true,
  diskType: 'gp3',
  disks: [{ sizeGiB: 50, mountPoint: '/data', filesystem: 'ext4', inodes: 1_000_000, dockerData: true }],
  spot: { maxPricePerHour: 0.05 },
  placement: { tenancy: 'dedicated' },
  tags: { Course: 'week 8', 'a:b': 'yes' },
  hostname: 'lab',
  packages: ['git'],
  users: [{ name: 'eve', publicKeys: ['ssh-ed25519 AAAA eve'], sudo: true }],
  copies: [{ from: '/home/ada/course', to: 'course' }],
  runAfter: 'make -C course',
  expiry: { hours: 8, action: 'stop' },
  dns: true,
};

function read(text: string) {
  const found = readSpec(text, schema);
  assert.deepEqual(found.problems, [], text);
  assert.ok(found.spec);
  return found.spec;
}

/** Line, column and message of each problem. */
const problemsOf = (text: string) => {
  const found = readSpec(text, schema);
  return found.problems.map(({ message, start }) => {
    const { line, column } = found.position(start);
    return `${line}:${column} ${message}`;
  });
};

describe('launch specs as files', () => {
  it('come back as they were written, every option of them', () => {
    assert.deepEqual(fromFileSpec(read(writeSpec(FULL, NAMES)), KNOWN), FULL);
  });

  it('name accounts, groups and keys, and hold nothing of this computer', () => {
    const text = writeSpec({ ...FULL, keyPair: { kind: 'existing', name: 'course', identityFile: '/home/ada/.ssh/course.pem' } }, NAMES);
    assert.match(text, /^account: physics$/m);
    assert.match(text, /existing: course$/m);
    assert.doesNotMatch(text, /\/home\/ada|acc\b|sg-\d|\.pem/);
  });

  it('any name, script and tag survives the way there and back', () => {
    const word = fc.string({ minLength: 1, maxLength: 40 });
    const script = fc.string({ maxLength: 200, unit: 'grapheme' });
    fc.assert(
      fc.property(word, script, fc.dictionary(word, word, { noNullPrototype: true }), (name, userData, tags) => {
        fc.pre(
          [name, userData, ...Object.entries(tags).flat()].every((text) => !/[\p{Cc}\ufffe\uffff]/u.test(text.replace(/[\n\t]/g, ''))),
        );
        const spec = { ...FULL, name, userData, tags };
        assert.deepEqual(fromFileSpec(read(writeSpec(spec, NAMES)), KNOWN), spec);
      }),
      { numRuns: 200 },
    );
  });

  it('keep comments, order and spelling when the form changes a value', () => {
    const text = [
      '# for the course of 2026',
      'instanceType: t3.small # enough for a notebook',
      "name: 'ada'",
      '',
      'image: ami-1',
      'diskGiB: 20',
      'keyPair: { new: skylab-ada } # made here',
      'securityGroup:',
      '  new: skylab-ada',
      '  # the site',
      '  open: [ssh, https]',
      'account: physics',
      '',
    ].join('\n');
    const spec = fromFileSpec(read(text), KNOWN);
    assert.equal(updateSpec(text, spec, NAMES), text);
    const larger = updateSpec(text, { ...spec, instanceType: 't3.large', protect: true }, NAMES);
    assert.equal(larger, text.replace('t3.small', 't3.large') + 'protect: true\n');
  });

  it('say line and column of what is wrong, and what was meant', () => {
    assert.deepEqual(problemsOf('name: ada\nimage: ami-1\ninstanceType: t3.small\ndiskGib: 20\n'), [
      '4:1 “diskGib” is nothing that a launch knows. Do you mean “diskGiB”?',
    ]);
    assert.deepEqual(problemsOf('name: ada\nimage: ami-1\ninstanceType: t3.small\ncount: many\ndisks:\n  - type: gp9\n'), [
      '4:8 “count” must be a whole number, and is text.',
      '6:11 “type” must be one of: gp3, gp2, io2, st1, sc1, standard.',
      '6:5 “sizeGiB” is missing.',
    ]);
    assert.deepEqual(problemsOf('name: ada\nimage: ami-1\ninstanceType: t3.small\nkeyPair: { nwe: x }\n'), [
      '4:10 “keyPair” needs one of: new, existing, import.',
    ]);
    assert.match(problemsOf('name: [ada\nimage: ami-1\n').join('\n'), /^\d+:\d+ /);
    assert.deepEqual(problemsOf(''), ['1:1 The file must be a group of keys, and is empty.']);
  });
});
