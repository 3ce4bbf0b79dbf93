import type { Client, ClientChannel } from 'ssh2';
import { SkylabError, throwIfCancelled } from '../../core/errors';
import type { RemoteSession } from '../../core/remote/session';
import type { ChannelSlots } from './channelSlots';
import { SftpFiles } from './remoteFiles';
import { SftpChannel } from './sftpChannel';

/** The one SFTP channel of a connection. It takes a place among the connection's channels while it is open. */
export class SharedFiles {
  #made: Promise<SftpFiles> | undefined;
  #live: SftpFiles | undefined;

  /** @param client asked for when a channel is opened */
  constructor(
    private readonly session: Pick<RemoteSession, 'run'>,
    private readonly client: () => Client,
    private readonly slots: ChannelSlots,
  ) {}

  async get(machine: string, signal?: AbortSignal): Promise<SftpFiles> {
    throwIfCancelled(signal);
    if (this.#live?.gone) this.#made = undefined;
    const made = (this.#made ??= this.#open(machine));
    try {
      return (this.#live = await made);
    } catch (error) {
      if (this.#made === made) this.#made = undefined;
      throw error;
    } finally {
      throwIfCancelled(signal);
    }
  }

  async #open(machine: string): Promise<SftpFiles> {
    await this.slots.take();
    let channel: ClientChannel;
    try {
      channel = await subsystem(this.client());
    } catch (error) {
      this.slots.give();
      throw unavailable(machine, error);
    }
    channel.once('close', () => this.slots.give());
    channel.stderr.resume();
    try {
      return await SftpFiles.over(await SftpChannel.open(channel), this.session, machine);
    } catch (error) {
      throw unavailable(machine, error);
    }
  }
}

function subsystem(client: Client): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('The connection was closed.'));
    client.once('close', onClose);
    const done = (act: () => void): void => {
      client.removeListener('close', onClose);
      act();
    };
    try {
      client.subsys('sftp', (error, channel) => done(() => (error ? reject(error) : resolve(channel))));
    } catch (error) {
      done(() => reject(error instanceof Error ? error : new Error(String(error))));
    }
  });
}

function unavailable(machine: string, cause: unknown): SkylabError {
  const gone = cause instanceof Error && /Not connected|connection was closed/i.test(cause.message);
  if (gone) {
    return new SkylabError(`The connection to ${machine} was lost before its files could be listed.`, {
      code: 'ConnectionLost',
      next: 'Check that the machine is running and this computer online, then try again.',
      cause,
      remedies: [{ kind: 'retry' }],
    });
  }
  return new SkylabError(`${machine} offers no files over SFTP: ${cause instanceof Error ? cause.message : String(cause)}`, {
    code: 'NoSftp',
    next: 'Check the sftp subsystem in the machine’s sshd configuration, and that its start-up files print nothing.',
    cause,
  });
}
