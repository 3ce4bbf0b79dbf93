import { randomUUID } from 'node:crypto';
import type { MachineKey } from '../../cloud/model';
import type { Memento } from '../../cloud/ports';
import { SkylabError } from '../../errors';
import type { Disposable } from '../../events';
import { Emitter } from '../../events';
import type { Traffic } from './join';
import type { TunnelSpec } from './spec';
import { sameListener } from './spec';
import { readTunnels, TUNNELS } from './stored';
import type { StoredTunnel, TunnelPorts, TunnelState } from './tunnel';
import { TunnelRun } from './tunnel';

/** A tunnel as the person sees it. */
export interface Tunnel extends StoredTunnel {
  readonly state: TunnelState;
  readonly traffic: Readonly<Traffic>;
  /** What the machine listens on for a reverse tunnel, once it is open. */
  readonly remotePort?: number;
}

const noTraffic: Traffic = { open: 0, total: 0, sent: 0, received: 0 };

/** Every tunnel that the person made, remembered per machine; those that run, run in this window. */
export class Tunnels implements Disposable {
  readonly #changed = new Emitter<{ readonly id: string; readonly key: MachineKey }>();
  /** Fires with each change of one tunnel's state, and when one was added or removed. */
  readonly onChange = this.#changed.event;
  readonly #runs = new Map<string, TunnelRun>();

  constructor(
    private readonly memento: Memento,
    private readonly ports: TunnelPorts,
  ) {}

  list(): readonly Tunnel[] {
    return readTunnels(this.memento).map((stored) => this.#view(stored));
  }

  of(key: MachineKey): readonly Tunnel[] {
    return this.list().filter((tunnel) => tunnel.key === key);
  }

  get(id: string): Tunnel | undefined {
    return this.list().find((tunnel) => tunnel.id === id);
  }

  /** Remembers a tunnel and starts it; one that listens at the same place of the same machine is taken instead. */
  async add(key: MachineKey, machineName: string, spec: TunnelSpec, signal?: AbortSignal): Promise<Tunnel> {
    const known = this.of(key).find((tunnel) => sameListener(tunnel.spec, spec));
    const stored: StoredTunnel = { id: known?.id ?? randomUUID(), key, machineName, spec, openAtStart: known?.openAtStart ?? false };
    if (known !== undefined) await this.#end(known.id);
    await this.#save((all) => (known === undefined ? [...all, stored] : all.map((one) => (one.id === known.id ? stored : one))));
    return this.start(stored.id, signal);
  }

  /** Resolves when it is known how the start went: see the state. @param signal stops it again while that is not known */
  async start(id: string, signal?: AbortSignal): Promise<Tunnel> {
    const stored = this.#need(id);
    const before = this.#runs.get(id);
    const run: TunnelRun = new TunnelRun(stored, this.ports, () => {
      if (run.state.name !== 'opening') known();
      this.#changed.fire(stored);
    });
    let known: () => void = () => undefined;
    const outcome = new Promise<void>((resolve) => (known = resolve));
    // at once, so that whoever starts or stops it meanwhile meets this run
    this.#runs.set(id, run);
    this.#changed.fire(stored);
    await before?.stop();
    const onAbort = (): void => void run.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    void run.run().then(known);
    await outcome;
    signal?.removeEventListener('abort', onAbort);
    return this.#view(stored);
  }

  async stop(id: string): Promise<void> {
    await this.#end(id);
    const stored = this.get(id);
    if (stored !== undefined) this.#changed.fire(stored);
  }

  /** Starts again with another port of this computer. */
  async changePort(id: string, port: number, signal?: AbortSignal): Promise<Tunnel> {
    const { spec } = this.#need(id);
    if (spec.kind === 'reverse' || 'path' in spec.listen) throw new SkylabError('This tunnel has no port on this computer.');
    const listen = { ...spec.listen, port };
    await this.#change(id, { spec: { ...spec, listen } });
    return this.start(id, signal);
  }

  /** The first port of this computer from this one on that is free. @throws SkylabError when none is near */
  freePort(from: number): Promise<number> {
    return this.ports.net.freePort(from);
  }

  async setOpenAtStart(id: string, openAtStart: boolean): Promise<void> {
    await this.#change(id, { openAtStart });
  }

  async remove(id: string): Promise<void> {
    const stored = this.get(id);
    await this.#end(id);
    await this.#save((all) => all.filter((one) => one.id !== id));
    if (stored !== undefined) this.#changed.fire(stored);
  }

  /** Starts what is marked so; does not wait for it. */
  openMarked(): void {
    for (const { id, openAtStart } of this.list()) if (openAtStart && !this.#runs.has(id)) void this.start(id);
  }

  dispose(): void {
    for (const run of this.#runs.values()) void run.stop();
    this.#runs.clear();
    this.#changed.dispose();
  }

  #view(stored: StoredTunnel): Tunnel {
    const run = this.#runs.get(stored.id);
    const remotePort = run?.remotePort;
    return {
      ...stored,
      state: run?.state ?? { name: 'stopped' },
      traffic: run?.traffic ?? noTraffic,
      ...(remotePort === undefined ? {} : { remotePort }),
    };
  }

  #need(id: string): StoredTunnel {
    const stored = readTunnels(this.memento).find((one) => one.id === id);
    if (stored === undefined) throw new SkylabError('This tunnel was removed.', { next: 'Forward the port again.' });
    return stored;
  }

  async #end(id: string): Promise<void> {
    const run = this.#runs.get(id);
    this.#runs.delete(id);
    await run?.stop();
  }

  async #change(id: string, change: Partial<Pick<StoredTunnel, 'spec' | 'openAtStart'>>): Promise<void> {
    const stored = this.#need(id);
    await this.#save((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
    this.#changed.fire(stored);
  }

  /** Another window may have changed the list meanwhile: what it holds now is changed, not what was read before. */
  async #save(change: (all: readonly StoredTunnel[]) => readonly StoredTunnel[]): Promise<void> {
    await this.memento.set(TUNNELS, change(readTunnels(this.memento)));
  }
}
