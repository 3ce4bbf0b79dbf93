import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { runInput } from '../../../../../src/adapters/aws/runInput';
import { awsCli } from '../../../../../src/core/cloud/specs/awsCli';
import { readCommand } from '../../../../../src/core/cloud/specs/readCommand';
import { shellWords } from '../../../../../src/core/cloud/specs/shellWords';
import { parseStructure } from '../../../../../src/core/cloud/specs/shorthand';
import type { LaunchSpec } from '../../../../../src/shared/launchSpec';
import { ACCOUNT } from '../support';

const noFiles = () => Promise.resolve(undefined);
const read = async (text: string, files: Readonly<Record<string, string>> = {}) => {
  const found = await readCommand(text, (path) => Promise.resolve(files[path]));
  assert.ok(found);
  return found;
};

/** What the shell hands to `aws`, one line of words for each call. */
function callsOf(script: string): string[][] {
  const recorder = `aws() { for w in "$@"; do printf '%s\\0' "$w"; done >&3; printf '\\n\\0' >&3; [ "$2" = create-security-group ] || echo sg-made; }\nchmod() { :; }\n`;
  const said = execFileSync('sh', ['-ec', `exec 3>&1; exec 1>/dev/null; cd "$(mktemp -d)"\n${recorder}${script}`], { encoding: 'utf8' });
  const calls: string[][] = [[]];
  for (const word of said.split('\0').slice(0, -1))
    if (word === '\n') calls.push([]);
    else calls.at(-1)?.push(word);
  return calls.slice(0, -1);
}

const SPEC: LaunchSpec = {
  accountId: 'acc',
  name: `Ada's "lab" $(reboot)`,
  imageId: 'ami-1',
  instanceType: 't3.small',
  keyPair: { kind: 'existing', name: 'course' },
  securityGroup: { kind: 'existing', id: 'sg-1', more: ['sg-2'] },
  diskGiB: 30,
  userData: `#!/bin/sh\necho 'it'"'"'s' "$HOME" \\\n`,
  count: 2,
};

const REQUEST = runInput({
  clientToken: 'token',
  imageId: SPEC.imageId,
  instanceType: SPEC.instanceType,
  keyName: 'course',
  securityGroupIds: ['sg-1', 'sg-2'],
  rootDeviceName: '/dev/xvda',
  diskGiB: 30,
  userData: SPEC.userData,
  count: 2,
  tags: { Name: SPEC.name, Course: 'a b', 'skylab:launch': 'token' },
  subnetId: 'subnet-1',
  publicAddress: true,
  ipv6: true,
  instanceProfile: 'lab',
  protect: true,
  onShutdown: 'terminate',
  diskType: 'gp2',
  keepDisk: true,
  disks: [{ device: '/dev/sdf', sizeGiB: 50, type: 'gp3', encrypted: true, deleteOnTermination: false }],
  spot: { maxPricePerHour: 0.05 },
  placementGroup: 'close',
  tenancy: 'dedicated',
});

const cli = (spec: LaunchSpec, request: object, firstBoot = spec.userData) =>
  awsCli({ spec, account: ACCOUNT, request: request as Record<string, unknown>, firstBoot, myAddresses: ['203.0.113.7'] });

describe('a launch as commands of the AWS CLI', () => {
  it('comes back as the same launch when it is pasted, with nothing left over', async () => {
    const back = await read(cli(SPEC, REQUEST).replace(/^#.*\n/gm, ''));
    assert.deepEqual(back.left, []);
    assert.deepEqual(back.where, { region: 'us-east-1' });
    assert.deepEqual(back.spec, {
      name: SPEC.name,
      image: 'ami-1',
      instanceType: 't3.small',
      count: 2,
      diskGiB: 30,
      diskType: 'gp2',
      keepDisk: true,
      disks: [{ sizeGiB: 50, type: 'gp3', encrypted: true, deleteOnTermination: false }],
      keyPair: { existing: 'course' },
      securityGroup: { existing: 'sg-1', more: ['sg-2'] },
      userData: SPEC.userData,
      network: { subnetId: 'subnet-1', publicAddress: 'yes', ipv6: true },
      instanceProfile: 'lab',
      protect: true,
      onShutdown: 'terminate',
      spot: { maxPricePerHour: 0.05 },
      placement: { group: 'close', tenancy: 'dedicated' },
      tags: { Course: 'a b' },
    });
  });

  it('reaches the program as it was meant, whatever names and scripts hold', () => {
    const text = fc.string({ maxLength: 60 }).filter((one) => !one.includes('\0') && one.trim() !== '');
    fc.assert(
      fc.property(text, text, (name, script) => {
        const userData = `#!${script}`;
        const request = { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, KeyName: name, UserData: 'eA==' };
        const [call] = callsOf(cli({ ...SPEC, name, userData, count: 1 }, request));
        assert.deepEqual(call, [
          '--region',
          'us-east-1',
          'ec2',
          'run-instances',
          '--image-id',
          'ami-1',
          '--key-name',
          name,
          '--count',
          '1',
          '--user-data',
          userData,
        ]);
      }),
      { numRuns: 25 },
    );
  });

  it('makes a new key pair and group first, and launches with that group', () => {
    const spec: LaunchSpec = {
      ...SPEC,
      keyPair: { kind: 'new', name: 'ada' },
      securityGroup: {
        kind: 'new',
        name: 'ada web',
        ssh: true,
        http: false,
        https: true,
        rules: [{ protocol: 'tcp', ports: '8000-8100', from: 'sg-9' }],
      },
    };
    const script = cli(spec, {
      ImageId: 'ami-1',
      MinCount: 2,
      MaxCount: 2,
      NetworkInterfaces: [{ DeviceIndex: 0, Groups: ['<the new group ada web>'] }],
    });
    const calls = callsOf(script.replace(/group=\$\(.*\)/, 'group=sg-made'));
    assert.deepEqual(
      calls.map(([, , , action]) => action),
      ['create-key-pair', 'authorize-security-group-ingress', 'run-instances'],
    );
    assert.match(script, /^group=\$\(aws --region us-east-1 ec2 create-security-group --group-name 'ada web' /m);
    assert.deepEqual(JSON.parse(calls[1]?.at(-1) ?? ''), [
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.113.7/32' }] },
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: 'tcp', FromPort: 8000, ToPort: 8100, UserIdGroupPairs: [{ GroupId: 'sg-9' }] },
    ]);
    const run = calls[2] ?? [];
    assert.deepEqual(JSON.parse(run[run.indexOf('--network-interfaces') + 1] ?? ''), [{ DeviceIndex: 0, Groups: ['sg-made'] }]);
  });
});

describe('pasted launch commands', () => {
  it('are read in shorthand, in JSON, over several lines, and with files', async () => {
    const text = `$ aws --profile physics ec2 run-instances \\
      --image-id ami-0abc --instance-type t3.micro --count 1:3 --key-name=mine \\
      --security-groups default web --subnet-id subnet-1 --associate-public-ip-address \\
      --block-device-mappings 'DeviceName=/dev/sdb,Ebs={VolumeSize=100,VolumeType=st1,DeleteOnTermination=false}' '[{"DeviceName":"/dev/xvda","Ebs":{"VolumeSize":16}}]' \\
      --tag-specifications 'ResourceType=instance,Tags=[{Key=Name,Value=lab one},{Key=Course,Value="a, b"}]' \\
      --iam-instance-profile Arn=arn:aws:iam::123456789012:instance-profile/team/lab --user-data file://boot.sh \\
      --metadata-options HttpTokens=required,HttpEndpoint=enabled --region eu-west-1 --query 'Instances[0].InstanceId'`;
    const { spec, where, left } = await read(text, { 'boot.sh': '#!/bin/sh\n' });
    assert.deepEqual(where, { profile: 'physics', region: 'eu-west-1' });
    assert.deepEqual(left, []);
    assert.deepEqual(spec, {
      name: 'lab one',
      image: 'ami-0abc',
      instanceType: 't3.micro',
      count: 3,
      minCount: 1,
      diskGiB: 16,
      disks: [{ sizeGiB: 100, type: 'st1', deleteOnTermination: false }],
      keyPair: { existing: 'mine' },
      securityGroup: { existing: 'default', more: ['web'] },
      userData: '#!/bin/sh\n',
      network: { subnetId: 'subnet-1', publicAddress: 'yes' },
      instanceProfile: 'lab',
      tags: { Course: 'a, b' },
    });
  });

  it('list what is not taken over, and drop nothing', async () => {
    const { left } = await read(
      'aws ec2 run-instances --image-id ami-1 stray --instance-type "$TYPE" --monitoring Enabled=true --private-ip-address 10.0.0.9 ' +
        "--user-data file://none --network-interfaces 'DeviceIndex=0,Groups=sg-1,Description=x' --new-option a b --metadata-options HttpTokens=optional | jq .",
    );
    assert.deepEqual(
      left.toSorted(),
      [
        '$TYPE',
        '--image-id ami-1 stray',
        '--new-option a b',
        '--user-data file://none (the file cannot be read)',
        'MetadataOptions.HttpTokens=optional (Skylab requires tokens)',
        'Monitoring={"Enabled":"true"}',
        'NetworkInterfaces.Description=x',
        'PrivateIpAddress=10.0.0.9',
        '| jq .',
      ].toSorted(),
    );
  });

  it('of GraphTerm’s ec2launch become its preset', async () => {
    const { spec, left } = await read(
      "ec2launch --type=m3.medium --key_name=ec2key --ami=ami-2f8f9246 --gmail_addr=me@example.com --auth_type=multiuser --https --pylab --R --copy_files='a.txt b.txt' --install=lab.tar.gz,./setup.sh --other_opts=--nb_port=10000 --verbose lab.example.edu",
    );
    assert.deepEqual(left, ['--gmail_addr=me@example.com']);
    assert.deepEqual(spec, {
      name: 'lab.example.edu',
      image: 'ami-2f8f9246',
      instanceType: 'm3.medium',
      keyPair: { existing: 'ec2key' },
      dns: true,
      copies: ['a.txt', 'b.txt', 'lab.tar.gz'].map((from) => ({ from, to: '.' })),
      runAfter: "tar xf 'lab.tar.gz' && ./setup.sh",
      preset: {
        kind: 'graphterm',
        role: 'server',
        auth: 'multiuser',
        https: true,
        pylab: true,
        netcdf: false,
        r: true,
        allowEmbed: false,
        allowShare: false,
        logging: false,
        oshell: false,
        screen: false,
        otherOptions: '--nb_port=10000',
      },
    });
    assert.equal(await readCommand('rm -rf /', noFiles), undefined);
  });

  it('are split as a real shell does', () => {
    const piece = fc.constantFrom('a', ' ', "'", '"', '\\', '\n', '#', 'é', '=', '{', '$', '\t', 'b c');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `x ${pieces.join('')}`;
        fc.pre(!/[$]|\\$/.test(text));
        let real: string[];
        try {
          real = execFileSync('sh', ['-c', `x() { printf 'x\\0'; for w in "$@"; do printf '%s\\0' "$w"; done; exit; }\n${text}`], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          })
            .split('\0')
            .slice(0, -1);
        } catch {
          return;
        }
        assert.deepEqual(shellWords(text).words, real);
      }),
      { numRuns: 150 },
    );
  });

  it('have structures as the AWS CLI reads them', () => {
    assert.deepEqual(parseStructure('Key=a,Values=b,c,d'), { Key: 'a', Values: ['b', 'c', 'd'] });
    assert.deepEqual(parseStructure('A={B=[{C=1},{C=2}]},D="x,y"'), { A: { B: [{ C: '1' }, { C: '2' }] }, D: 'x,y' });
    assert.equal(parseStructure('A={B=1'), undefined);
    assert.equal(parseStructure('nothing'), undefined);
    assert.equal(parseStructure('{"a":'), undefined);
  });
});
