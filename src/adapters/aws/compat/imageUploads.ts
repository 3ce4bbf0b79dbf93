import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CreateTagsCommand, RegisterImageCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { ImageUploads } from '../../../core/cloud/endpoints';
import type { EndpointAccount } from '../../../core/cloud/model';
import { SkylabError } from '../../../core/errors';
import { errorCodeOf, repaired } from './answers';
import { post, type Seen } from './exchange';
import { explainOpenNebulaError } from './openNebulaErrors';
import { formBody, signV2, type V2Keys } from './signV2';
import { agentFor, hostOf, signedPathsV2 } from './wire';

const VERSION = '2016-11-15';
/** The cloud copies the file to its store before it answers. */
const IDLE_MS = 15 * 60_000;
const ASK_MS = 10_000;

/** How the clients and keys of an account are had. */
export interface UploadAccess {
  client(account: EndpointAccount): Promise<EC2Client>;
  keys(account: EndpointAccount): Promise<V2Keys>;
}

/**
 * econe-server's UploadImage, which no SDK has: a form of several parts, the file as its last, signed by version 2 over the text parts
 * only. Source: econe's EC2QueryClient.rb.
 */
export class OpenNebulaImageUploads implements ImageUploads {
  constructor(private readonly access: UploadAccess) {}

  async upload(
    account: EndpointAccount,
    file: string,
    onProgress: (bytes: number, of: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const doing = `take the image ${path.basename(file)}`;
    const { size } = await stat(file).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    if (size === 0)
      throw new SkylabError(`${file} is empty.`, { next: 'Choose a disk image, such as a .qcow2 or .img file.', code: 'EmptyFile' });
    const agent = await agentFor(account.caFile);
    try {
      const keys = await this.access.keys(account);
      const signedPath = await this.#wayOfV2(account, keys, agent, signal);
      const params = signed(account, 'UploadImage', signedPath, keys);
      const boundary = `skylab-${randomBytes(16).toString('hex')}`;
      const head = Buffer.from([...params].map(([name, value]) => textPart(boundary, name, value)).join('') + filePart(boundary, file));
      const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
      async function* body(): AsyncGenerator<Buffer> {
        yield head;
        let sent = 0;
        for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
          sent += (chunk as Buffer).length;
          if (sent > size) throw changed(file);
          yield chunk as Buffer;
          onProgress(sent, size);
        }
        if (sent < size) throw changed(file);
        yield tail;
      }
      const headers = {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': head.length + size + tail.length,
      };
      const seen = await post(account.endpoint, { headers, body: body(), agent, signal, idleMs: IDLE_MS });
      const id = /<imageId>([^<]+)<\/imageId>/.exec(mustBeGood(seen).text)?.[1];
      if (id !== undefined) return id;
      throw new SkylabError(`${account.endpoint} took ${path.basename(file)} and did not say as what.`, {
        next: 'Look for the image in the cloud’s own web interface.',
        code: 'NoImageId',
      });
    } catch (error) {
      throw explainOpenNebulaError(error, account, doing);
    } finally {
      agent?.destroy();
    }
  }

  /** Finds the path that version 2 is signed for with a small request: a refusal after gigabytes would be late. */
  async #wayOfV2(
    account: EndpointAccount,
    keys: V2Keys,
    agent: Awaited<ReturnType<typeof agentFor>>,
    signal: AbortSignal,
  ): Promise<string> {
    let refusal: unknown;
    for (const signedPath of signedPathsV2(account)) {
      const body = Buffer.from(formBody(signed(account, 'DescribeRegions', signedPath, keys)));
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'content-length': body.length };
      try {
        mustBeGood(await post(account.endpoint, { headers, body: [body], agent, signal, idleMs: ASK_MS }));
        return signedPath;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'AuthFailure') throw error;
        refusal ??= error;
      }
    }
    throw new SkylabError(
      `${account.endpoint} does not accept uploads from here: they are signed for the name by which the cloud knows itself.`,
      {
        next: 'Ask whoever runs the cloud for the address in its ssl_server (or host) setting, and add an account with that.',
        code: 'OtherName',
        cause: refusal,
      },
    );
  }

  async register(account: EndpointAccount, imageId: string): Promise<void> {
    const client = await this.access.client(account);
    try {
      await client.send(new RegisterImageCommand({ ImageLocation: imageId, Name: imageId }));
    } catch (error) {
      throw explainOpenNebulaError(error, account, `register the image ${imageId}`);
    }
  }

  async name(account: EndpointAccount, imageId: string, name: string): Promise<void> {
    const client = await this.access.client(account);
    try {
      await client.send(new CreateTagsCommand({ Resources: [imageId], Tags: [{ Key: 'Name', Value: name }] }));
    } catch (error) {
      throw explainOpenNebulaError(error, account, `name the image ${imageId}`);
    }
  }
}

function signed(account: EndpointAccount, action: string, signedPath: string, keys: V2Keys): ReadonlyMap<string, string> {
  const { protocol, hostname, port } = new URL(account.endpoint);
  const host = hostOf({ protocol, hostname, ...(port === '' ? {} : { port: Number(port) }) });
  const params = new Map([
    ['Action', action],
    ['Version', VERSION],
  ]);
  const hash = account.signature === 'v2sha1' ? 'sha1' : 'sha256';
  return signV2({ method: 'POST', host, path: signedPath, params }, keys, hash, new Date());
}

/** @throws an error as the SDK would, by its code */
function mustBeGood(seen: Seen): Seen {
  const { status, text } = repaired(seen);
  if (status < 300) return seen;
  const name = errorCodeOf(text) ?? 'Unknown';
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? `it answered ${status}`;
  throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const textPart = (boundary: string, name: string, value: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

/** RFC 7578; the name of the file is of no use to the server, and stays here. */
const filePart = (boundary: string, file: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="image${path.extname(file).replace(/[^.\w]/g, '')}"\r\nContent-Type: application/octet-stream\r\n\r\n`;

function unreadable(file: string, cause: unknown): SkylabError {
  return new SkylabError(`${file} cannot be read.`, { next: 'Choose a file that you may read.', code: 'FileUnreadable', cause });
}

function changed(file: string): SkylabError {
  return new SkylabError(`${file} changed while it was sent.`, {
    next: 'Try again when nothing writes to it any more.',
    code: 'FileChanged',
  });
}
