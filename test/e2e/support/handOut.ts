import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Workbench } from '../../editor/workbench';
import type { Bed } from './bed';

/** A machine that someone else launched, with a key of which only the private half came along. @returns its address */
export async function handOut({ ec2, home, cloud }: Bed): Promise<string> {
  const key = path.join(home, '.ssh/lab_key');
  mkdirSync(path.dirname(key), { recursive: true, mode: 0o700 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await ec2.send(new ImportKeyPairCommand({ KeyName: 'course', PublicKeyMaterial: readFileSync(`${key}.pub`) }));
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'course', Description: 'course' }));
  assert.ok(GroupId);
  const IpRanges = [{ CidrIp: `${cloud.clientAddress}/32` }];
  const IpPermissions = [22, 80, 443].map((port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const Filters = [
    { Name: 'name', Values: ['debian-13-*'] },
    { Name: 'architecture', Values: ['x86_64'] },
  ];
  const ImageId = (await ec2.send(new DescribeImagesCommand({ Filters }))).Images?.[0]?.ImageId;
  assert.ok(ImageId);
  const launched = await ec2.send(
    new RunInstancesCommand({
      ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      KeyName: 'course',
      SecurityGroupIds: [GroupId],
    }),
  );
  const InstanceIds = [launched.Instances?.[0]?.InstanceId ?? ''];
  for (let tries = 0; tries < 60; tries++) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
    const found = Reservations?.[0]?.Instances?.[0]?.PublicIpAddress;
    if (found !== undefined && found !== '') return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The machine got no address within 30 s.');
}

/** The fingerprint as OpenSSH's own programs see it, once sshd answers. */
export async function untilScanned(address: string): Promise<string> {
  for (let tries = 0; tries < 60; tries++) {
    const scanned = execFileSync('sh', ['-c', `ssh-keyscan -T 2 -t ed25519 ${address} 2>/dev/null || true`], { encoding: 'utf8' });
    const found = scanned === '' ? null : /SHA256:\S+/.exec(execFileSync('ssh-keygen', ['-lf', '-'], { input: scanned, encoding: 'utf8' }));
    if (found) return found[0];
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`sshd of ${address} did not answer within a minute.`);
}

/** Adds a machine that was handed out, as the person does: the command line that came along, and a look at the fingerprint. */
export async function addGiven(workbench: Workbench, address: string): Promise<void> {
  await workbench.openView('Skylab');
  await workbench.sideBar.getByText('I was given a machine', { exact: true }).click();
  await workbench.quickInput.answer(`ssh -i ~/.ssh/lab_key admin@${address}`);
  await workbench.answerDialog('Trust This Key');
  await workbench.row(address).describes(`admin@${address}`);
}
