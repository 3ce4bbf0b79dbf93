import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock';
import type { Machine, MachineKey } from '../../cloud/model';
import { CancelledError, isCancelled, sentenceOf, SkylabError } from '../../errors';
import type { Disposable } from '../../events';
import { addressText } from '../../remote/address';
import type { RemoteSession, StreamAddress } from '../../remote/session';
import { join } from './join';
import type { Traffic } from './join';
import type { LocalConnection, LocalListener, LocalNet } from './ports';
import { readSocksRequest, SocksRefusal } from './socks';
import type { TunnelSpec } from './spec';

/** What stays of a tunnel when the window closes. */
export interface StoredTunnel {
  readonly id: string;
  readonly key: MachineKey;
  /** As it was called when the tunnel was made; the machine's present name counts where it is known. */
  readonly machineName: string;
  readonly spec: TunnelSpec;
  readonly openAtStart: boolean;
}

export type TunnelState =
  | { readonly name: 'stopped' }
  | { readonly name: 'opening' }
  | { readonly name: 'open' }
  /** It will open by itself: the machine does not run, or nothing listens there yet. */
  | { readonly name: 'waiting'; readonly reason: string }
  /** The connection was lost. */
  | { readonly name: 'reconnecting'; readonly reason: string }
  /** Somebody else has the port of this computer. */
  | { readonly name: 'taken'; readonly error: SkylabError }
  /** The machine forbids it. */
  | { readonly name: 'refused'; readonly reason: string }
  | { readonly name: 'failed'; readonly error: unknown };

export interface TunnelPorts {
  readonly access: { session(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> };
  readonly machines: {
    get(key: MachineKey): Machine | undefined;
    onChange(listener: () => void): Disposable;
  };
  readonly net: LocalNet;
  readonly clock: Clock;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** How often a tunnel looks whether something listens by now. */
const lookMs = 3000;
/** How long a connection waits for a machine that is being reached again. */
const patienceMs = 30_000;
/** How long the machine may take to stop listening. */
const goodbyeMs = 1000;

/** One run of a tunnel, from its start to its stop: it listens, connects, and comes back after a lost connection. */
export class TunnelRun {
  readonly traffic: Traffic = { open: 0, total: 0, sent: 0, received: 0 };
  readonly #abort = new AbortController();
  readonly #waiting = new Set<(session: RemoteSession | undefined) => void>();
  readonly #ends = new Set<() => void>();
  #state: TunnelState = { name: 'opening' };
  #session: RemoteSession | undefined;
  #listener: LocalListener | undefined;
  #remotePort: number | undefined;
  #running: Promise<void> | undefined;
  #looking = false;
  #wasOpen = false;
  /** Connections that could not be made, in a row. */
  #failures = 0;

  /** @param onChange called with each change of state */
  constructor(
    private readonly tunnel: StoredTunnel,
    private readonly ports: TunnelPorts,
    private readonly onChange: () => void,
  ) {
    // one for each connection that is being made
    setMaxListeners(0, this.#abort.signal);
  }

  get state(): TunnelState {
    return this.#state;
  }

  /** The port that the machine listens on for a reverse tunnel. */
  get remotePort(): number | undefined {
    return this.#remotePort;
  }

  /** Runs until it is stopped or cannot go on; never rejects. */
  run(): Promise<void> {
    return (this.#running ??= this.#run());
  }

  /** Ends it with every connection. A machine that does not answer is not waited for. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#set({ name: 'stopped' });
    await this.#end();
    const patience = new Promise<void>((resolve) => this.ports.clock.after(goodbyeMs, resolve));
    await Promise.race([this.#running, patience]);
  }

  async #run(): Promise<void> {
    const { spec } = this.tunnel;
    if (this.#isStopped()) return;
    try {
      if (spec.kind !== 'reverse') this.#listener = await this.ports.net.listen(spec.listen, (connection) => void this.#serve(connection));
      if (this.#isStopped()) return;
      await this.#keepConnected();
    } catch (error) {
      if (this.#isStopped()) return;
      const code = error instanceof SkylabError ? error.code : undefined;
      if (error instanceof SkylabError && code === 'PortTaken') this.#set({ name: 'taken', error });
      else if (code === 'ForwardingRefused') this.#set({ name: 'refused', reason: sentenceOf(error) });
      else this.#set({ name: 'failed', error: isCancelled(error) ? givenUp(this.#machineName) : error });
    } finally {
      await this.#end();
    }
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  get #machineName(): string {
    return this.ports.machines.get(this.tunnel.key)?.name ?? this.tunnel.machineName;
  }

  /** One connection after the other, for as long as the machine can be had. @throws what trying again would not mend */
  async #keepConnected(): Promise<void> {
    const { signal } = this.#abort;
    for (;;) {
      const machine = this.ports.machines.get(this.tunnel.key);
      if (machine === undefined || !isReachable(machine)) {
        this.#set({ name: 'waiting', reason: `${this.#machineName} is not running.` });
        await this.#until({ machineChanges: true });
        this.#failures = 0;
        continue;
      }
      try {
        const session = await this.ports.access.session(machine, signal);
        await this.#whileOpen(session);
        this.#set({ name: 'reconnecting', reason: `The connection to ${machine.name} was lost.` });
      } catch (error) {
        if (signal.aborted || !mayPass(error, this.#wasOpen)) throw error;
        this.#set({ name: 'reconnecting', reason: sentenceOf(error) });
      }
      this.#failures += 1;
      // the first try comes at once: most connections end because a network was changed
      const ms = this.#failures === 1 && this.#wasOpen ? 100 : pauseAfter(this.#failures);
      await this.#until({ machineChanges: true, ms });
    }
  }

  /** Resolves when the connection is gone. */
  async #whileOpen(session: RemoteSession): Promise<void> {
    const { spec } = this.tunnel;
    const gone = new Promise<void>((resolve) => session.onClose(resolve));
    let remote: { close(): Promise<void> } | undefined;
    try {
      if (spec.kind === 'reverse') {
        const listener = await session.listen(spec.listen, (stream) => void this.#serveRemote(stream, spec.to));
        remote = listener;
        this.#remotePort = listener.port;
        this.#set({ name: 'open' });
      }
      this.#session = session;
      for (const take of this.#waiting) take(session);
      this.#waiting.clear();
      this.#wasOpen = true;
      this.#failures = 0;
      if (spec.kind === 'socks') this.#set({ name: 'open' });
      if (spec.kind === 'local') void this.#look(session, spec.to);
      await Promise.race([gone, this.#aborted()]);
    } finally {
      this.#session = undefined;
      if (remote !== undefined) await remote.close();
    }
  }

  /** Looks whether something listens at the other end, until something does: a tunnel to nothing says so, and opens by itself. */
  async #look(session: RemoteSession, to: StreamAddress): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (;;) {
        try {
          const stream = await session.connect(to, { signal: this.#abort.signal });
          stream.on('error', () => undefined).destroy();
          this.#set({ name: 'open' });
          return;
        } catch (error) {
          if (this.#noteRefusal(error) !== 'nothing') return;
        }
        await this.#until({ ms: lookMs });
        if (this.#state.name === 'open') return;
      }
    } catch {
      // stopped
    } finally {
      this.#looking = false;
    }
  }

  /** A connection of this computer's side: to the machine, and on. */
  async #serve(connection: LocalConnection): Promise<void> {
    const { stream, reset } = connection;
    const { spec } = this.tunnel;
    stream.on('error', () => undefined);
    let refused: ((code: string | undefined) => Buffer) | undefined;
    this.#ends.add(reset);
    try {
      let to = spec.kind === 'local' ? spec.to : undefined;
      let granted: Buffer | undefined;
      if (spec.kind === 'socks') ({ to, granted, refused } = await readSocksRequest(stream));
      if (to === undefined) return;
      const session = this.#session ?? (await this.#sessionSoon());
      const far = await session.connect(to, { signal: this.#abort.signal });
      if (stream.destroyed) {
        far.destroy();
        return;
      }
      if (granted !== undefined) stream.write(granted);
      else this.#set({ name: 'open' });
      await this.#join(stream, far, reset);
    } catch (error) {
      if (error instanceof SocksRefusal && error.answer !== undefined) stream.end(error.answer);
      else if (refused !== undefined) stream.end(refused(error instanceof SkylabError ? error.code : undefined));
      else reset();
      // what one client of a proxy cannot reach says nothing about the others
      if (spec.kind === 'local' || (error instanceof SkylabError && error.code === 'ForwardingRefused')) this.#noteRefusal(error);
      const session = this.#session;
      if (spec.kind === 'local' && session !== undefined && this.#state.name === 'waiting') void this.#look(session, spec.to);
    } finally {
      this.#ends.delete(reset);
    }
  }

  /** A connection of the machine's side, to what listens here. */
  async #serveRemote(far: Duplex, to: StreamAddress): Promise<void> {
    far.on('error', () => undefined);
    try {
      const here = await this.ports.net.connect(to);
      this.#set({ name: 'open' });
      await this.#join(here.stream, far, here.reset);
    } catch (error) {
      far.destroy();
      this.#noteRefusal(error);
    }
  }

  async #join(near: Duplex, far: Duplex, reset: () => void): Promise<void> {
    const end = (): void => {
      reset();
      far.destroy();
    };
    this.#ends.add(end);
    this.traffic.open += 1;
    this.traffic.total += 1;
    await join(near, far, reset, this.traffic);
    this.traffic.open -= 1;
    this.#ends.delete(end);
  }

  /** @returns what kind of refusal it is; undefined for what is none, such as a lost connection */
  #noteRefusal(error: unknown): 'nothing' | 'forbidden' | undefined {
    if (!(error instanceof SkylabError) || this.#abort.signal.aborted) return undefined;
    if (error.code === 'NothingListens') {
      this.#set({ name: 'waiting', reason: this.#nothing() });
      return 'nothing';
    }
    if (error.code !== 'ForwardingRefused') return undefined;
    this.#set({ name: 'refused', reason: error.sentence });
    return 'forbidden';
  }

  #nothing(): string {
    const { spec } = this.tunnel;
    if (spec.kind === 'socks') return `${this.#machineName} cannot reach it.`;
    const where = spec.kind === 'reverse' ? 'this computer' : this.#machineName;
    const { to } = spec;
    if ('path' in to) return `Nothing listens on ${to.path} on ${where}.`;
    const self = to.host === 'localhost' || to.host.startsWith('127.') || to.host === '::1';
    return self ? `Nothing listens on ${to.port} on ${where}.` : `Nothing listens on ${addressText(to)}, as seen from ${where}.`;
  }

  /** The connection that is being made again. @throws CancelledError when it does not come in time */
  #sessionSoon(): Promise<RemoteSession> {
    return new Promise<RemoteSession>((resolve, reject) => {
      const timer = this.ports.clock.after(patienceMs, () => take(undefined));
      const take = (session: RemoteSession | undefined): void => {
        timer.dispose();
        this.#waiting.delete(take);
        if (session === undefined) reject(new CancelledError());
        else resolve(session);
      };
      this.#waiting.add(take);
    });
  }

  /** Resolves after the time or when a machine has changed, whichever comes first. @throws CancelledError when stopped */
  #until({ ms, machineChanges = false }: { readonly ms?: number; readonly machineChanges?: boolean }): Promise<void> {
    const { signal } = this.#abort;
    return new Promise<void>((resolve, reject) => {
      const held: Disposable[] = [];
      const settle = (act: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        for (const one of held) one.dispose();
        act();
      };
      const onAbort = (): void => settle(() => reject(new CancelledError()));
      const before = this.#machineFacts();
      if (ms !== undefined) held.push(this.ports.clock.after(ms, () => settle(resolve)));
      if (machineChanges) {
        held.push(
          this.ports.machines.onChange(() => {
            if (this.#machineFacts() !== before) settle(resolve);
          }),
        );
      }
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  /** What must change for another try to be worth it. */
  #machineFacts(): string {
    const machine = this.ports.machines.get(this.tunnel.key);
    if (machine === undefined) return '';
    return machine.kind === 'given' ? machine.given.target.hostName : `${machine.instance.state} ${machine.instance.publicAddress ?? ''}`;
  }

  #aborted(): Promise<never> {
    return new Promise<never>((_, reject) => {
      this.#abort.signal.addEventListener('abort', () => reject(new CancelledError()), { once: true });
    });
  }

  async #end(): Promise<void> {
    for (const take of this.#waiting) take(undefined);
    for (const end of this.#ends) end();
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  #set(state: TunnelState): void {
    const { name } = this.#state;
    if (name === 'stopped' || (name === state.name && reasonOf(this.#state) === reasonOf(state))) return;
    // what a connection in flight says comes too late for a lost machine
    if (state.name !== 'stopped' && this.#abort.signal.aborted) return;
    this.#state = state;
    this.onChange();
  }
}

function reasonOf(state: TunnelState): string {
  return 'reason' in state ? state.reason : '';
}

const isReachable = (machine: Machine): boolean => machine.kind === 'given' || machine.instance.state === 'running';

/** Seconds double from one to thirty. @param failures how many there were in a row @returns milliseconds */
function pauseAfter(failures: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 5));
}

/** True for what may be over in a moment: trying again asks the person nothing. @param wasOpen the tunnel has worked before */
function mayPass(error: unknown, wasOpen: boolean): boolean {
  if (!(error instanceof SkylabError)) return false;
  switch (error.code) {
    case 'ConnectionLost':
    case 'NotRunning':
    case 'NoAddress':
    case 'Unreachable':
      return true;
    // the machine may still hold the port for the connection that was lost
    case 'ForwardingRefused':
      return wasOpen;
    default:
      return false;
  }
}

function givenUp(machine: string): SkylabError {
  return new SkylabError(`The connection to ${machine} was not made.`, { next: 'Start the tunnel again.', code: 'TunnelGivenUp' });
}
