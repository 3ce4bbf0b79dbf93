import { CreateTagsCommand, DeleteKeyPairCommand, DescribeTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { Account } from '../../../core/cloud/model';
import { SkylabError } from '../../../core/errors';
import { explainOpenNebulaError } from './openNebulaErrors';
import { tagsByResource, writtenTags } from './openNebulaTags';

type Tags = Readonly<Record<string, string>>;

export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** What machines and everything else of an OpenNebula are asked with. */
export class OpenNebulaApi {
  constructor(
    private readonly account: Account,
    private readonly client: () => Promise<EC2Client>,
  ) {}

  /** @param doing for sentences: "list the machines" */
  async do<T>(doing: string, act: (client: EC2Client) => Promise<T>): Promise<T> {
    const client = await this.client();
    try {
      return await act(client);
    } catch (error) {
      throw explainOpenNebulaError(error, this.account, doing);
    }
  }

  /** For lists that some versions or set-ups do not have. */
  async orNothing<T>(doing: string, act: (client: EC2Client) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.do(doing, act);
    } catch (error) {
      if (error instanceof SkylabError && NOT_THERE.includes(error.code ?? '')) return undefined;
      throw error;
    }
  }

  /** The tags of everything, which are in no other list. */
  async tags(signal?: AbortSignal): Promise<ReadonlyMap<string, Tags>> {
    const answer = await this.orNothing('list the tags', (client) => client.send(new DescribeTagsCommand({}), abortable(signal)));
    return tagsByResource(answer?.Tags ?? []);
  }

  /** @param what "the machine" */
  async setTags(what: string, ids: readonly string[], tags: Tags): Promise<void> {
    const Tags = writtenTags(tags);
    if (Tags.length === 0) return;
    await this.do(`tag ${what}`, (client) => client.send(new CreateTagsCommand({ Resources: [...ids], Tags })));
  }

  /** Says that the interface has nothing for it, without asking. */
  lacks(doing: string): Promise<never> {
    const error = Object.assign(new Error('feature is not supported'), { name: 'UnsupportedOperation' });
    return this.do(doing, () => Promise.reject(error));
  }
}

const NOT_THERE = ['Unsupported', 'Refused', 'NoPermission'];

/** Its answer is "false" for a key pair that is in use, and for one that is gone. @throws SkylabError `InUse` */
export async function deleteKeyPair(api: OpenNebulaApi, name: string, isThere: () => Promise<boolean>): Promise<void> {
  const answer = await api.do(`delete the key pair ${name}`, (client) => client.send(new DeleteKeyPairCommand({ KeyName: name })));
  if (answer.Return !== false || !(await isThere())) return;
  throw new SkylabError(`The key pair ${name} is still in use.`, {
    next: 'Delete it when no machine that was launched with it is left.',
    code: 'InUse',
  });
}
