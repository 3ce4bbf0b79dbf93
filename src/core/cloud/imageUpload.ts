import { SkylabError } from '../errors';
import type { Operation, Operations } from '../operations/operations';
import type { Step } from '../operations/step';
import type { ImageUploads } from './endpoints';
import type { EndpointAccount } from './model';

/** What the steps of one upload share. */
interface Sent {
  imageId?: string;
}

/** Brings images into clouds that take them as files. */
export class ImageUploader {
  /** @param sizeText a number of bytes as a person reads it */
  constructor(
    private readonly operations: Operations,
    private readonly uploads: ImageUploads,
    private readonly sizeText: (bytes: number) => string,
  ) {}

  /** Sends a disk image, registers it, and names it: then machines can be launched from it. */
  upload(account: EndpointAccount, file: string, name: string): Operation {
    const steps: readonly Step<Sent>[] = [
      {
        name: 'upload',
        title: 'Send the file',
        run: async (sent, io) => {
          const progress = (bytes: number, of: number) =>
            io.report(
              bytes < of ? `${this.sizeText(bytes)} of ${this.sizeText(of)}` : 'waiting until the cloud has taken it over',
              bytes / of,
            );
          sent.imageId = await this.uploads.upload(account, file, progress, io.signal);
          io.log(`The cloud has taken it as ${sent.imageId}.`);
        },
      },
      this.#registerStep(account),
      this.#nameStep(account, name),
    ];
    return this.#start(account, `Upload the image ${name} to ${account.name}`, steps, {});
  }

  /** Makes an image that is in the cloud already one that machines can be launched from. */
  register(account: EndpointAccount, imageId: string): Operation {
    return this.#start(account, `Register ${imageId} in ${account.name}`, [this.#registerStep(account)], { imageId });
  }

  #start(account: EndpointAccount, title: string, steps: readonly Step<Sent>[], context: Sent): Operation {
    return this.operations.start<Sent>({ kind: 'task', title, accountId: account.id, steps, context });
  }

  #registerStep(account: EndpointAccount): Step<Sent> {
    return {
      name: 'register',
      title: 'Register the image',
      onFailure: 'keep',
      run: async ({ imageId = '' }) => {
        try {
          await this.uploads.register(account, imageId);
        } catch (error) {
          throw stays(error, imageId);
        }
      },
      // The interface has no way to take an image away again.
      undo: ({ imageId = '' }, io) => {
        io.log(`The image ${imageId} stays in the cloud: delete it in its own web interface.`);
        return Promise.resolve();
      },
    };
  }

  #nameStep(account: EndpointAccount, name: string): Step<Sent> {
    return {
      name: 'name',
      title: `Name it ${name}`,
      onFailure: 'keep',
      run: ({ imageId = '' }) => this.uploads.name(account, imageId, name),
    };
  }
}

/** Adds to a failure that the file need not be sent anew. */
function stays(error: unknown, imageId: string): unknown {
  if (!(error instanceof SkylabError)) return error;
  const kept = `The image is in the cloud as ${imageId}: register it later, without sending it anew.`;
  return new SkylabError(error.message, {
    next: error.next === undefined ? kept : `${error.next} ${kept}`,
    cause: error.cause ?? error,
    remedies: error.remedies,
    ...(error.code === undefined ? {} : { code: error.code }),
  });
}
