import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { isCancelled, SkylabError } from '../../../src/core/errors';
import type { RemoteSession } from '../../../src/core/remote/session';
import { connect } from '../support/connect';
import type { Sshd } from '../support/sshd';
import { freePort, startSshd } from '../support/sshd';

const failsWith =
  (code: string, pattern = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof SkylabError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };

describe('a stream through a machine', () => {
  let sshd: Sshd;
  let session: RemoteSession;
  let echo: Server;
  let port = 0;
  before(async () => {
    sshd = await startSshd();
    session = await connect(sshd);
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    port = (echo.address() as AddressInfo).port;
  });
  after(async () => {
    session.close();
    echo.close();
    await sshd.stop();
  });

  it('carries every byte both ways and ends when the other side ended it', async () => {
    const sent = randomBytes(5 * 1024 * 1024 + 7);
    const stream = await session.connect({ host: '127.0.0.1', port });
    stream.end(sent);
    assert.ok((await buffer(stream)).equals(sent));
  });

  it('goes on with the answer after its own end', async () => {
    const stream = await session.connect({ host: 'localhost', port: sshd.port });
    stream.end('not ssh\r\n');
    assert.match(await text(stream), /^SSH-2\.0-OpenSSH/);
  });

  it('keeps what came for a reader who comes late, though the other side has closed and takes no more', async () => {
    const answer = randomBytes(100_000);
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.end(answer, () => socket.destroySoon());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const stream = await session.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    for (const late of ['more', 'and more']) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      stream.write(late);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.ok((await buffer(stream)).equals(answer));
    server.close();
  });

  it('says that nothing listens there', async () => {
    const free = await freePort();
    await assert.rejects(
      session.connect({ host: '127.0.0.1', port: free }),
      failsWith('NothingListens', new RegExp(`^machine cannot reach 127\\.0\\.0\\.1:${free}: Connection refused\\.$`)),
    );
  });

  it('says that the server forbids it', async () => {
    const strict = await startSshd({ config: ['AllowTcpForwarding no'] });
    const refused = await connect(strict);
    await assert.rejects(refused.connect({ host: '127.0.0.1', port }), failsWith('ForwardingRefused', /does not let connections/));
    refused.close();
    await strict.stop();
  });

  it('is destroyed with an error when the connection is lost, also where something was still to be written', async () => {
    const own = await connect(sshd);
    const stream = await own.connect({ host: '127.0.0.1', port });
    const failed = once(stream, 'error');
    stream.resume();
    const written = new Promise<Error | null | undefined>((resolve) => stream.write(Buffer.alloc(32 * 1024 * 1024), resolve));
    sshd.dropSessions();
    const [error] = (await failed) as [unknown];
    assert.ok(failsWith('ConnectionLost')(error));
    assert.ok(await written);
    await assert.rejects(own.connect({ host: '127.0.0.1', port }), failsWith('ConnectionLost'));
  });

  it('is given up when cancelled', async () => {
    const own = await connect(sshd);
    const abort = new AbortController();
    const opening = own.connect({ host: '127.0.0.1', port }, { signal: abort.signal });
    abort.abort();
    await assert.rejects(opening, isCancelled);
    own.close();
  });
});
