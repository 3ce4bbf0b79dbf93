import { createHash } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { authenticate, type Seen } from './auth';
import { Crash, ERRNO, OneError, statusOf } from './errors';
import { machineActions } from './machineActions';
import { readForm } from './multipart';
import { otherActions } from './otherActions';
import { CloudState, type Pace, type Vm } from './state';
import { storageActions } from './storageActions';
import { stripped, xml } from './xml';

export interface QuirkOptions extends Pace {
  /** `5.12` has the fault of 5.6 to 5.12: an update of a resource answers "Wrong argument". `4.14` knows signature version 2 only. */
  readonly version: '4.14' | '5.4' | '5.12';
  readonly user: string;
  readonly password: string;
  readonly types: readonly string[];
  /** Machines that fit at once. */
  readonly room: number;
  readonly elasticIps: readonly string[];
  /** The first machine's and the first image's number. */
  readonly first: { readonly vm: number; readonly image: number };
  /** The addresses of the nth machine. */
  readonly addressOf: (n: number) => readonly string[];
  /** Makes what stands behind a machine; may give its addresses. */
  readonly onLaunch?: (vm: Vm) => Promise<readonly string[] | undefined>;
  readonly onReboot?: (vm: Vm) => void;
  readonly onAssociate?: (ip: string, vm: Vm) => void;
  /** `:ssl_server` of econe.conf, where the certificate is. */
  readonly sslServer?: string;
  /** A proxy in front takes requests below this path only and cuts it off. */
  readonly proxy?: { readonly prefix: string; readonly keepsHost: boolean };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** These actions end in an uncaught exception after their work is done. */
  readonly crashes: readonly string[];
}

/** One authenticated request. */
export interface Call {
  readonly params: ReadonlyMap<string, string>;
  readonly file: Buffer | undefined;
  readonly user: string;
  /** What the client asked for; echoed. */
  readonly version: string;
  readonly baseUrl: string;
  readonly cloud: CloudState;
  readonly options: QuirkOptions;
  /** Writes to a resource, which some versions cannot. @throws OneError */
  update(write: () => unknown): void;
}

export type Action = (call: Call) => string | Promise<string>;

const ACTIONS: Readonly<Record<string, Action>> = { ...machineActions, ...storageActions, ...otherActions };

const DEFAULTS: QuirkOptions = {
  version: '5.4',
  user: 'ada',
  password: 'correct horse',
  types: ['m1.small', 'lab.large'],
  room: 10,
  elasticIps: ['198.51.100.10', '198.51.100.11'],
  first: { vm: 7, image: 7 },
  addressOf: (n) => [`10.0.0.${n + 5}`, `192.168.7.${n + 5}`],
  bootMs: 60,
  stopMs: 80,
  crashes: [],
};

export interface QuirkServer {
  readonly endpoint: string;
  readonly cloud: CloudState;
  /** What was asked, in order, as `Action`, with the status of the answer. */
  readonly asked: readonly { readonly action: string; readonly status: number; readonly params: ReadonlyMap<string, string> }[];
  /** SHA-1 of the password up to 5.8, SHA-256 from 5.10: what stands in the user's record. */
  readonly storedHash: string;
  stop(): Promise<void>;
}

/** Starts an EC2 interface that behaves as OpenNebula's econe-server does, for tests. Listens on 127.0.0.1. */
export async function startQuirkServer(changes: Partial<QuirkOptions> = {}): Promise<QuirkServer> {
  const options: QuirkOptions = { ...DEFAULTS, ...changes };
  const cloud = new CloudState(options, options.first, options.elasticIps);
  cloud.addImage({ name: 'ubuntu-22.04', type: 'OS', ec2Ami: true });
  const asked: { action: string; status: number; params: ReadonlyMap<string, string> }[] = [];
  const storedHash = createHash(options.version === '5.12' ? 'sha256' : 'sha1')
    .update(options.password)
    .digest('hex');
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    void serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const server = options.tls === undefined ? createHttp(handle) : createHttps({ ...options.tls }, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const protocol = options.tls === undefined ? 'http' : 'https';
  const baseUrl = options.sslServer?.replace('PORT', String(port)) ?? `http://127.0.0.1:${port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [rawPath = '/', query = ''] = (request.url ?? '/').split('?');
    const { params, file } = await readForm(request, query);
    const headers = { ...request.headers } as Record<string, string | undefined>;
    let path = rawPath;
    if (options.proxy !== undefined) {
      if (!path.startsWith(options.proxy.prefix)) {
        send(response, 404, '<h1>404 Not Found</h1>');
        return;
      }
      path = `/${path.slice(options.proxy.prefix.length)}`;
      if (!options.proxy.keepsHost) headers['host'] = 'localhost:4567';
    }
    const action = params.get('Action') ?? '';
    const done = (status: number, body: string): void => {
      asked.push({ action, status, params });
      send(response, status, body);
    };
    if (path !== '/') {
      done(404, '<h1>Not Found</h1>');
      return;
    }
    const user = identify({ method: request.method ?? 'GET', path, query, headers, params }, baseUrl, options, storedHash);
    if (user === undefined) {
      done(401, UNAUTHORIZED);
      return;
    }
    const call: Call = {
      params,
      file,
      user,
      version: params.get('Version') ?? '',
      baseUrl,
      cloud,
      options,
      update: (write) => {
        if (options.version === '5.12') throw new OneError('Wrong argument', ERRNO.wrongArgument);
        write();
      },
    };
    try {
      for (const vm of cloud.vms) cloud.settle(vm);
      const perform = ACTIONS[action];
      if (perform === undefined) throw new OneError(`${action} feature is not supported`, ERRNO.noExists);
      const body = await perform(call);
      if (options.crashes.includes(action)) throw new Crash(action);
      done(200, stripped(body));
    } catch (error) {
      if (error instanceof OneError) done(statusOf(error.errno), stripped(errorXml(error)));
      else if (error instanceof Crash) done(500, '<h1>Internal Server Error</h1>');
      else throw error;
    }
  }

  return {
    endpoint: `${protocol}://127.0.0.1:${port}${options.proxy?.prefix ?? ''}`,
    cloud,
    asked,
    storedHash,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function identify(seen: Seen, baseUrl: string, options: QuirkOptions, storedHash: string): string | undefined {
  const { hostname, port, protocol } = new URL(baseUrl);
  // Ruby's URI keeps an empty path empty; without ssl_server the server takes "/".
  const path = options.sslServer === undefined ? '/' : baseUrl.replace(/^[a-z]+:\/\/[^/]+/, '');
  return authenticate(seen, {
    users: new Map([[options.user, storedHash]]),
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path,
    v4: options.version !== '4.14',
  });
}

/** Not stripped, unlike all other answers. */
const UNAUTHORIZED = `<Response>
  <Errors>
    <Error>
      <Code>AuthFailure</Code>
      <Message>User not authorized</Message>
    </Error>
  </Errors>
  <RequestID>0</RequestID>
</Response>
`;

const errorXml = ({ ec2Code, message }: OneError) => `
  <Response>
    <RequestId/>
    <Errors>
      <Error>
        <Code>${ec2Code}</Code>
        <Message>${xml(message)}</Message>
      </Error>
    </Errors>
  </Response>`;

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html;charset=utf-8' });
  response.end(body);
}
