import { Worker } from 'node:worker_threads';
import { AwsProviders } from '../../src/adapters/aws/providers';
import { Accounts } from '../../src/core/cloud/accounts';
import { Machines } from '../../src/core/cloud/machines';
import { Secret } from '../../src/core/secret';
import { MapMemento, MapVault } from '../unit/core/cloud/support';
import { longestBlock, median, result, type BenchResult } from './harness';

const BUDGET_MS = 50;
const ROUNDS = 5;
const INSTANCES = 10_000;

/** An EC2 endpoint in a thread of its own, so that making its answers blocks nobody: pages as long as they are asked for. */
const ENDPOINT = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const group = '<groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>lab</groupName></item></groupSet>';
const when = '2026-01-01T00:00:00.000Z';
const address = (i) => '10.' + ((i >> 16) & 255) + '.' + ((i >> 8) & 255) + '.' + (i & 255);
const instance = (i) => '<item><reservationId>r-' + i + '</reservationId><ownerId>123456789012</ownerId><instancesSet><item>' +
  '<instanceId>i-' + i.toString(16).padStart(17, '0') + '</instanceId><imageId>ami-0abcdef1234567890</imageId>' +
  '<instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip.ec2.internal</privateDnsName>' +
  '<dnsName>ec2.compute-1.amazonaws.com</dnsName><keyName>lab</keyName><instanceType>t3.small</instanceType><launchTime>' + when +
  '</launchTime><placement><availabilityZone>us-east-1a</availabilityZone><tenancy>default</tenancy></placement><monitoring>' +
  '<state>disabled</state></monitoring><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><privateIpAddress>' + address(i) +
  '</privateIpAddress><ipAddress>' + address(i) + '</ipAddress><sourceDestCheck>true</sourceDestCheck>' + group +
  '<architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>' +
  '<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId><status>attached</status><attachTime>' + when +
  '</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping><virtualizationType>hvm</virtualizationType>' +
  '<tagSet><item><key>Name</key><value>lab-' + ((i * 7919) % 10007) + '</value></item><item><key>course</key><value>phys201</value></item></tagSet>' +
  '<hypervisor>xen</hypervisor><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId>' +
  '<ownerId>123456789012</ownerId><status>in-use</status>' + group + '<attachment><attachmentId>a-1</attachmentId><deviceIndex>0</deviceIndex>' +
  '<attachTime>' + when + '</attachTime></attachment></item></networkInterfaceSet><metadataOptions><state>applied</state>' +
  '<httpTokens>required</httpTokens></metadataOptions></item></instancesSet></item>';
createServer((request, response) => {
  let asked = '';
  request.on('data', (text) => (asked += text)).on('end', () => {
    const fields = new URLSearchParams(asked);
    const from = Number(fields.get('NextToken') ?? 0);
    const to = Math.min(${INSTANCES}, from + Number(fields.get('MaxResults') ?? 1000));
    const items = Array.from({ length: to - from }, (_, i) => instance(from + i)).join('');
    const token = to < ${INSTANCES} ? '<nextToken>' + to + '</nextToken>' : '';
    response.setHeader('content-type', 'text/xml');
    response.end('<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>' + items + '</reservationSet>' +
      token + '</DescribeInstancesResponse>');
  });
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });
`;

/** The longest time for which listing 10,000 instances blocks the extension host's thread, from the request to the sorted list. */
export default async function bench(): Promise<BenchResult> {
  const endpoint = new Worker(ENDPOINT, { eval: true });
  const port = await new Promise<number>((resolve) => endpoint.once('message', resolve));
  const vault = new MapVault();
  const providers = new AwsProviders(vault);
  const accounts = new Accounts(new MapMemento(), vault, providers);
  const account = { kind: 'endpoint', id: 'many', name: 'Many', endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1' } as const;
  await accounts.add(account, { accessKeyId: 'AKIAMANY', secretAccessKey: new Secret('many') });
  const machines = new Machines(accounts, providers);
  try {
    const blocks: number[] = [];
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      blocks.push(
        await longestBlock(async () => {
          await machines.refresh();
          const listed = machines.of(account.id).length;
          if (listed !== INSTANCES) throw new Error(`${listed} of ${INSTANCES} instances were listed.`);
        }),
      );
      took.push(performance.now() - started);
    }
    return result({
      bench: 'listing',
      unit: 'ms',
      ours: median(blocks),
      peer: BUDGET_MS,
      peerName: 'budget',
      limit: 1,
      longestMs: Math.round(Math.max(...blocks)),
      listingMs: Math.round(median(took)),
    });
  } finally {
    machines.dispose();
    await endpoint.terminate();
  }
}
