import { mkdirSync, rmSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { SkylabError } from '../../core/errors';
import { receiveError } from './receiveErrors';
import { placeFolder } from './receiveFolderPlace';
import type { ReceiveAnswer, ReceiveRequest } from './receiveFolderProtocol';
import { FolderUnpacker } from './receiveFolderUnpack';

/** Runs in a thread of its own: unpacks one archive at a time. */
let stage = '';
let unpacker: FolderUnpacker | undefined;
let broken = false;

function act(request: ReceiveRequest): ReceiveAnswer {
  switch (request.kind) {
    case 'begin':
      ({ stage } = request);
      broken = false;
      mkdirSync(stage, { mode: 0o700 });
      unpacker = new FolderUnpacker(stage);
      return { kind: 'done' };
    case 'piece': {
      // After the first failure only its answer counts.
      if (!broken) unpacker?.write(Buffer.from(request.data.buffer, request.data.byteOffset, request.data.byteLength));
      return { kind: 'taken', bytes: request.data.byteLength, progress: unpacker?.progress ?? { files: 0, bytes: 0 } };
    }
    case 'finish': {
      const unpacked = unpacker?.finish();
      return { kind: 'done', ...(unpacked && { unpacked }) };
    }
    case 'place':
      placeFolder(stage, request.dest, request.ifExists);
      stage = '';
      return { kind: 'done' };
    case 'discard':
      unpacker?.close();
      if (stage !== '') rmSync(stage, { recursive: true, force: true });
      return { kind: 'done' };
  }
}

function answer(request: ReceiveRequest): ReceiveAnswer {
  try {
    return act(request);
  } catch (error) {
    broken = true;
    const told = error instanceof SkylabError ? error : receiveError(error, stage);
    const { message, code, next, cause } = told;
    return { kind: 'failed', message, ...(code !== undefined && { code }), ...(next !== undefined && { next }), cause };
  }
}

parentPort?.on('message', (request: ReceiveRequest) => parentPort?.postMessage(answer(request)));
