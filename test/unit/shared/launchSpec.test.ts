import assert from 'node:assert/strict';
import {
  checkSpec,
  companionName,
  diskProblem,
  groupNameProblem,
  instanceTypeProblem,
  keyPairNameProblem,
  machineNames,
  nameProblem,
  parseSpec,
  SpecRefused,
  userDataProblem,
} from '../../../src/shared/launchSpec';

const good = {
  accountId: 'a',
  name: 'ada',
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'new', name: 'skylab-ada' },
  securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
  diskGiB: 20,
  userData: '',
  count: 1,
};

describe('the launch form, while typing', () => {
  it('takes any printable name: quotes, spaces, $(…), emoji', () => {
    for (const name of ['ada', `Ada's "lab"`, '$(reboot)', '`id`; x', '🚀 rocket', 'a'.repeat(255), '数据'])
      assert.equal(nameProblem(name), undefined);
  });

  it('refuses an empty name, 300 characters and control characters beside the field', () => {
    assert.match(nameProblem('  ') ?? '', /Type a name/);
    assert.match(nameProblem('x'.repeat(300)) ?? '', /300 characters; at most 255/);
    assert.match(nameProblem('a\nb') ?? '', /line break/);
    assert.deepEqual(Object.keys(checkSpec({ ...good, name: 'x'.repeat(300) })), ['name']);
  });

  it('leaves room for the number when several machines are launched', () => {
    assert.equal(nameProblem('x'.repeat(253), 9), undefined);
    assert.match(nameProblem('x'.repeat(253), 10) ?? '', /at most 252/);
    assert.deepEqual(machineNames('ada', 3), ['ada-1', 'ada-2', 'ada-3']);
    assert.deepEqual(machineNames('ada', 1), ['ada']);
  });

  it('says when the disk is smaller than the image, fractional or absurd', () => {
    assert.equal(diskProblem(8, 8), undefined);
    assert.match(diskProblem(7, 8) ?? '', /at least 8 GiB/);
    assert.match(diskProblem(8.5) ?? '', /whole GiB/);
    assert.match(diskProblem(NaN) ?? '', /whole GiB/);
    assert.match(diskProblem(1e6) ?? '', /at most/);
  });

  it('takes scripts and cloud-config, and says what cloud-init would ignore', () => {
    for (const text of ['', '#!/bin/sh\nid', '#cloud-config\npackages: [git]', '## template: jinja\n#cloud-config'])
      assert.equal(userDataProblem(text), undefined);
    assert.match(userDataProblem('apt install git') ?? '', /Start with #!/);
    assert.match(userDataProblem(`#!/bin/sh\n${'é'.repeat(8200)}`) ?? '', /16410 bytes; at most 16384/);
    assert.match(userDataProblem('#!/bin/sh\r\nid') ?? '', /Windows line ends/);
  });

  it('says when the size cannot run the image', () => {
    const known = {
      images: [{ id: 'ami-1', architecture: 'x86_64', minDiskGiB: 8 }],
      instanceTypes: [
        { name: 't4g.small', architectures: ['arm64'] },
        { name: 't3.small', architectures: ['x86_64'] },
      ],
    };
    assert.equal(instanceTypeProblem('t3.small', 'ami-1', known), undefined);
    assert.match(instanceTypeProblem('t4g.small', 'ami-1', known) ?? '', /runs arm64 images, and the chosen image is for x86_64/);
    assert.match(instanceTypeProblem('t9.huge', 'ami-1', known) ?? '', /does not offer t9\.huge/);
    assert.deepEqual(Object.keys(checkSpec({ ...good, diskGiB: 4 }, known)), ['diskGiB']);
  });

  it('keeps key pair names fit to be file names, and says when one is taken', () => {
    for (const name of ['../x', 'a/b', '', '.hidden', 'a b', '-x']) assert.notEqual(keyPairNameProblem(name), undefined, name);
    assert.match(keyPairNameProblem('mine', [{ name: 'mine' }]) ?? '', /already/);
    assert.match(groupNameProblem('sg-x') ?? '', /sg-/);
    assert.notEqual(groupNameProblem('é'), undefined);
  });

  it('derives names for the key and the group from any machine name', () => {
    assert.equal(companionName('Ada'), 'skylab-ada');
    assert.equal(companionName('$(reboot) "x"'), 'skylab-reboot-x');
    assert.equal(companionName('🚀'), 'skylab-machine');
    assert.equal(companionName('ada', ['skylab-ada', 'skylab-ada-2']), 'skylab-ada-3');
    for (const name of ['é'.repeat(300), '..', 'a..b', '数据', `Ada's`])
      assert.equal(keyPairNameProblem(companionName(name)), undefined, name);
  });
});

describe('a launch spec from outside', () => {
  it('is parsed whole, without fields that do not belong', () => {
    assert.deepEqual(parseSpec({ ...good, extra: 1, keyPair: { kind: 'existing', name: 'k', identityFile: '/k', x: 2 } }), {
      ...good,
      keyPair: { kind: 'existing', name: 'k', identityFile: '/k' },
    });
  });

  it('is refused with one sentence per field, whatever was sent', () => {
    for (const value of [
      undefined,
      null,
      7,
      'x',
      [],
      {},
      { ...good, keyPair: 3 },
      { ...good, count: '1' },
      { ...good, securityGroup: { kind: 'new' } },
    ])
      assert.throws(() => parseSpec(value), SpecRefused);
    const problems = checkSpec({});
    for (const field of ['accountId', 'name', 'imageId', 'instanceType', 'diskGiB', 'count', 'keyPair', 'securityGroup', 'userData'])
      assert.ok(problems[field], field);
  });
});
