import { createHmac, randomBytes } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';

type Message = readonly [string, ...unknown[]];

/** What a browser does on GraphTerm's page (graphterm/www/graphterm.js at 0.57): it talks to the server over a WebSocket. */
export class GraphTermPage {
  private state = '';

  constructor(
    readonly host: string,
    readonly port: number,
    readonly scheme: 'http' | 'https' = 'http',
  ) {}

  /**
   * Signs in by the form. What it sends is not the code but an HMAC under it, of a number that the server gave.
   * @returns the first thing that the server says then
   */
  async signIn(code: string, user = ''): Promise<Message> {
    const [asks] = await this.until('', (messages) => messages[0]?.[0] === 'authenticate');
    const cauth = Reflect.get(asks?.[1] as object, 'cookie') as string;
    const key = code.replace(/[-\s]/g, '');
    const hmac = createHmac('sha256', key).update(cauth).digest('hex').slice(0, 16);
    const [answer] = await this.until(`?${new URLSearchParams({ cauth, code: hmac, user }).toString()}`, (messages) => messages.length > 0);
    if (answer === undefined) throw new Error('GraphTerm says nothing.');
    if (answer[0] === 'host_list') this.state = String(answer[1]);
    return answer;
  }

  /** The machines in the list that the page shows, once signed in. */
  async hosts(): Promise<readonly string[]> {
    const [list] = await this.until(`?qauth=${this.state.slice(0, 12)}`, (messages) => messages.length > 0);
    if (list?.[0] !== 'host_list') throw new Error(`GraphTerm says ${JSON.stringify(list)}.`);
    return list[5] as string[];
  }

  /** Opens a terminal on a machine and types into it until this is to be read there. */
  async type(host: string, line: string, expected: string): Promise<void> {
    const query = `?qauth=${this.state.slice(0, 12)}`;
    const [redirect] = await this.until(`${host}/new/${query}`, (messages) => messages.length > 0);
    if (redirect?.[0] !== 'redirect') throw new Error(`GraphTerm says ${JSON.stringify(redirect)}.`);
    const path = String(redirect[1]).replace(/^\//, '');
    await this.until(path, (messages) => JSON.stringify(messages).includes(expected), [
      ['set_size', [24, 80, 600, 800, '']],
      ['keypress', `${line}\n`],
    ]);
  }

  /** Opens a WebSocket, sends this once it is set up, and listens until what was said is enough or the server closes it. */
  private until(path: string, enough: (said: readonly Message[]) => boolean, send?: unknown): Promise<Message[]> {
    const said: Message[] = [];
    const url = new URL(`${this.scheme}://${this.host}:${this.port}/_websocket/${path}`);
    return new Promise((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        Origin: url.origin,
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...(this.state === '' ? {} : { Cookie: `GRAPHTERM_AUTH=${this.state}` }),
      };
      // A server's certificate is its own work; a person looks at it once, and says so.
      const asked = this.scheme === 'http' ? requestHttp(url, { headers }) : requestHttps(url, { headers, rejectUnauthorized: false });
      asked.once('error', reject);
      asked.once('response', ({ statusCode }) => reject(new Error(`GraphTerm answers ${statusCode} to ${path}.`)));
      asked.once('upgrade', (_, socket, head) => {
        const timer = setTimeout(() => socket.destroy(new Error(`GraphTerm only says ${JSON.stringify(said)} to ${path}.`)), 30_000);
        const end = (): void => {
          clearTimeout(timer);
          socket.destroy();
          resolve(said);
        };
        let open = send !== undefined;
        let rest: Buffer = Buffer.alloc(0);
        const take = (data: Buffer): void => {
          rest = Buffer.concat([rest, data]);
          for (let frame = firstFrame(rest); frame !== undefined; frame = firstFrame(rest)) {
            rest = rest.subarray(frame.length);
            if (frame.kind === CLOSE) {
              end();
              return;
            }
            if (frame.kind === TEXT) said.push(...(JSON.parse(frame.payload.toString()) as Message[]));
          }
          if (open && said.some(([kind]) => kind === 'setup')) {
            open = false;
            write(socket, JSON.stringify(send));
          }
          if (enough(said)) end();
        };
        socket.on('data', take);
        socket.once('error', reject);
        take(head);
      });
      asked.end();
    });
  }
}

// RFC 6455, section 5.2.
const [TEXT, CLOSE] = [1, 8];

/** The first whole frame of what has come; frames of servers carry no mask. */
function firstFrame(data: Buffer): { kind: number; payload: Buffer; length: number } | undefined {
  const [first, short] = [data[0], data[1]];
  if (first === undefined || short === undefined) return undefined;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start) return undefined;
  const size = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  if (data.length < start + size) return undefined;
  return { kind: first & 15, payload: data.subarray(start, start + size), length: start + size };
}

/** Sends a text of less than 64 KiB as a frame with a mask, as clients must. */
function write(socket: Socket, text: string): void {
  const [payload, mask, head] = [Buffer.from(text), randomBytes(4), Buffer.from([0x80 | TEXT, 0x80 | 126, 0, 0])];
  head.writeUInt16BE(payload.length, 2);
  socket.write(Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]));
}
