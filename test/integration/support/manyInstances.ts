import { Worker } from 'node:worker_threads';

/** An EC2 endpoint with many instances in each of four regions; each region's have ids of their own. */
export interface ManyInstances {
  readonly endpoint: string;
  /** When the first page went out since `arm`, in milliseconds since the epoch. */
  readonly firstSentAt: () => number;
  arm(): void;
  /** Gives the first instance of a region another type. */
  changeOne(region: string, type: string): Promise<void>;
  /** Requests answered so far. */
  readonly calls: () => number;
  stop(): Promise<void>;
}

export const REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1', 'ap-south-1'] as const;

/** In a thread of its own, so that making the answers blocks nobody who measures. Pages are as long as they are asked for. */
const ENDPOINT = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const { perRegion, regions } = workerData;
const types = new Map();
let armed = true;
parentPort.on('message', (message) => {
  if (message.arm) armed = true;
  if (message.type) { types.set(message.id, message.type); parentPort.postMessage({ changed: true }); }
});
const group = '<groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>lab</groupName></item></groupSet>';
const when = '2026-01-01T00:00:00.000Z';
const address = (i) => '10.' + ((i >> 16) & 255) + '.' + ((i >> 8) & 255) + '.' + (i & 255);
const instance = (i) => '<item><reservationId>r-' + i + '</reservationId><ownerId>123456789012</ownerId><instancesSet><item>' +
  '<instanceId>i-' + i.toString(16).padStart(17, '0') + '</instanceId><imageId>ami-0abcdef1234567890</imageId>' +
  '<instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip.ec2.internal</privateDnsName>' +
  '<dnsName>ec2.compute-1.amazonaws.com</dnsName><keyName>lab</keyName><instanceType>' + (types.get(i) ?? 't3.small') + '</instanceType><launchTime>' + when +
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
  const region = / Credential=[^/]+\\/\\d+\\/([^/]+)\\//.exec(request.headers.authorization ?? '')?.[1];
  const base = Math.max(0, regions.indexOf(region)) * perRegion;
  request.on('data', (text) => (asked += text)).on('end', () => {
    const fields = new URLSearchParams(asked);
    const listing = fields.get('Action') === 'DescribeInstances';
    const from = Number(fields.get('NextToken') ?? 0);
    const to = Math.min(perRegion, from + Number(fields.get('MaxResults') ?? 1000));
    const items = listing ? Array.from({ length: to - from }, (_, i) => instance(base + from + i)).join('') : '';
    const token = listing && to < perRegion ? '<nextToken>' + to + '</nextToken>' : '';
    response.setHeader('content-type', 'text/xml');
    response.end('<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>' + items + '</reservationSet>' +
      token + '</DescribeInstancesResponse>', () => {
      parentPort.postMessage({ call: true, ...(armed && listing ? { firstSentAt: Date.now() } : {}) });
      if (listing) armed = false;
    });
  });
}).listen(0, '127.0.0.1', function () { parentPort.postMessage({ port: this.address().port }); });
`;

interface Message {
  readonly port?: number;
  readonly call?: true;
  readonly firstSentAt?: number;
  readonly changed?: true;
}

export async function startManyInstances(perRegion: number): Promise<ManyInstances> {
  const worker = new Worker(ENDPOINT, { eval: true, workerData: { perRegion, regions: REGIONS } });
  let calls = 0;
  let firstSentAt = 0;
  const said = (wanted: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (message: Message): void => {
        if (!wanted(message)) return;
        worker.off('message', look);
        resolve(message);
      };
      worker.on('message', look);
    });
  worker.on('message', (message: Message) => {
    if (message.call === true) calls++;
    if (message.firstSentAt !== undefined) firstSentAt = message.firstSentAt;
  });
  const { port } = await said((message) => message.port !== undefined);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    firstSentAt: () => firstSentAt,
    arm: () => worker.postMessage({ arm: true }),
    changeOne: async (region, type) => {
      const changed = said((message) => message.changed === true);
      worker.postMessage({
        id:
          Math.max(
            0,
            REGIONS.findIndex((one) => one === region),
          ) * perRegion,
        type,
      });
      await changed;
    },
    calls: () => calls,
    stop: async () => void (await worker.terminate()),
  };
}
