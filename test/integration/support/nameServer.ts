import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 28: 'AAAA' };
const CODES: Readonly<Record<string, number>> = { A: 1, NS: 2, CNAME: 5, AAAA: 28 };
const NO_SUCH_NAME = 3;

/** Records by `name type`, such as `lab.example.edu A`; looked up anew for each question. */
type Answers = (name: string, type: string) => Promise<readonly string[] | undefined>;

/**
 * A name server on loopback (RFC 1035, UDP only).
 * @param answers undefined for a name that does not exist, empty for one without records of this type
 */
export async function startNameServer(
  answers: Answers,
): Promise<{ readonly port: number; readonly asked: string[]; stop(): Promise<void> }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from: RemoteInfo) => {
    const { labels, end } = readName(query, 12);
    const type = TYPES[query.readUInt16BE(end)] ?? '';
    const name = labels.join('.').toLowerCase();
    asked.push(`${name} ${type}`);
    void answers(name, type).then((values) => socket.send(reply(query, end + 4, type, values), from.port, from.address));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, asked, stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}

function readName(packet: Buffer, at: number): { labels: string[]; end: number } {
  const labels: string[] = [];
  for (let i = at; ;) {
    const length = packet[i] ?? 0;
    if (length === 0) return { labels, end: i + 1 };
    labels.push(packet.toString('latin1', i + 1, i + 1 + length));
    i += 1 + length;
  }
}

function reply(query: Buffer, questionEnd: number, type: string, values: readonly string[] | undefined): Buffer {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8580 | (values === undefined ? NO_SUCH_NAME : 0), 2);
  head.writeUInt16BE(values?.length ?? 0, 6);
  head.writeUInt32BE(0, 8);
  const records = (values ?? []).map((value) => {
    const data = dataOf(type, value);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(CODES[type] ?? 1, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, query.subarray(12, questionEnd), ...records]);
}

function dataOf(type: string, value: string): Buffer {
  if (isIPv4(value)) return Buffer.from(value.split('.').map(Number));
  if (type === 'AAAA') return v6(value);
  const labels = value.replace(/\.$/, '').split('.');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
}

function v6(text: string): Buffer {
  const [left = '', right = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const zeros = Array.from({ length: 8 - groups(left).length - groups(right).length }, () => '0');
  const all = text.includes('::') ? [...groups(left), ...zeros, ...groups(right)] : groups(text);
  return Buffer.concat(all.map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}
