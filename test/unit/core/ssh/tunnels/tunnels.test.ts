import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import type { Instance, Machine } from '../../../../../src/core/cloud/model';
import { instanceKey } from '../../../../../src/core/cloud/model';
import { SkylabError } from '../../../../../src/core/errors';
import { Emitter } from '../../../../../src/core/events';
import type { RemoteSession } from '../../../../../src/core/remote/session';
import type { LocalNet } from '../../../../../src/core/ssh/tunnels/ports';
import type { Tunnel } from '../../../../../src/core/ssh/tunnels/tunnels';
import { Tunnels } from '../../../../../src/core/ssh/tunnels/tunnels';
import { tunnelRow, tunnelTooltip } from '../../../../../src/ui/tunnels/row';
import { FakeClock, instance, MapMemento, settled } from '../../cloud/support';

const l10n = { t: (text: string, ...args: (string | number | boolean)[]) => text.replace(/\{(\d)\}/g, (_, i) => String(args[Number(i)])) };
const spec = { kind: 'local', listen: { host: 'localhost', port: 8888 }, to: { host: 'localhost', port: 8888 } } as const;
const key = instanceKey('acc', 'i-1');

/** A machine whose connection a test makes, refuses and drops. */
class World {
  readonly clock = new FakeClock();
  readonly memento = new MapMemento();
  readonly changed = new Emitter<void>();
  readonly dials: number[] = [];
  state: Instance['state'] = 'running';
  known = true;
  refusal: Error | undefined;
  drop: () => void = () => undefined;
  readonly net: LocalNet = {
    listen: async () => ({ close: async () => undefined }),
    connect: async () => ({ stream: new PassThrough(), reset: () => undefined }),
    freePort: async (from) => from,
  };
  readonly tunnels = this.window();

  /** Another window that shares what is remembered. */
  window(): Tunnels {
    return new Tunnels(this.memento, {
      access: { session: () => this.#dial() },
      machines: { get: () => (this.known ? this.machine() : undefined), onChange: this.changed.event },
      net: this.net,
      clock: this.clock,
    });
  }

  machine(): Machine {
    return { kind: 'instance', key, name: 'ada', instance: instance('i-1', { state: this.state }) };
  }

  async #dial(): Promise<RemoteSession> {
    this.dials.push(this.clock.now());
    if (this.refusal) throw this.refusal;
    const gone = new Promise<void>((resolve) => (this.drop = resolve));
    const session = {
      connect: async (): Promise<Duplex> => new PassThrough(),
      onClose: (listener: () => void) => void gone.then(listener),
    };
    return session as unknown as RemoteSession;
  }
}

const unreachable = new SkylabError('ada does not answer.', { code: 'Unreachable' });

describe('a tunnel', () => {
  it('waits for a machine that does not run, and opens when it does, without a dial in vain', async () => {
    const world = new World();
    world.state = 'stopped';
    const { id, state } = await world.tunnels.add(key, 'ada', spec);
    assert.deepEqual(state, { name: 'waiting', reason: 'ada is not running.' });
    await world.clock.pass(600_000);
    assert.deepEqual(world.dials, []);
    world.state = 'running';
    world.changed.fire();
    await settled();
    assert.equal(world.tunnels.get(id)?.state.name, 'open');
  });

  it('tries again after 1, 2, 4 … seconds, at most every 30, until the machine answers', async () => {
    const world = new World();
    world.refusal = unreachable;
    const { id, state } = await world.tunnels.add(key, 'ada', spec);
    assert.deepEqual(state, { name: 'reconnecting', reason: 'ada does not answer.' });
    await world.clock.pass(120_000);
    const pauses = world.dials.slice(1).map((at, i) => (at - (world.dials[i] ?? 0)) / 1000);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30]);
    world.refusal = undefined;
    await world.clock.pass(30_000);
    assert.equal(world.tunnels.get(id)?.state.name, 'open');
  });

  it('comes back at once after a drop', async () => {
    const world = new World();
    const { id } = await world.tunnels.add(key, 'ada', spec);
    await settled();
    world.drop();
    await settled();
    assert.deepEqual(world.tunnels.get(id)?.state, { name: 'reconnecting', reason: 'The connection to ada was lost.' });
    await world.clock.pass(200);
    assert.equal(world.tunnels.get(id)?.state.name, 'open');
    assert.equal(world.dials.length, 2);
  });

  it('does not try again what only a person can mend', async () => {
    const world = new World();
    world.refusal = new SkylabError('The host key of ada has changed.', { code: 'HostKeyChanged' });
    const { state } = await world.tunnels.add(key, 'ada', spec);
    assert.equal(state.name, 'failed');
    await world.clock.pass(600_000);
    assert.equal(world.dials.length, 1);
  });

  it('stays remembered, and opens by itself in the next window where it is marked so', async () => {
    const world = new World();
    const { id } = await world.tunnels.add(key, 'ada', spec);
    const other = { ...spec, listen: { host: 'localhost', port: 9999 } };
    await world.tunnels.add(key, 'ada', other);
    await world.tunnels.setOpenAtStart(id, true);
    world.tunnels.dispose();
    await settled();
    world.known = false;
    const next = world.window();
    next.openMarked();
    await settled();
    assert.deepEqual(
      next.list().map(({ state }) => state.name),
      ['waiting', 'stopped'],
    );
    world.known = true;
    world.changed.fire();
    await settled();
    assert.equal(next.get(id)?.state.name, 'open');
    await next.remove(id);
    assert.equal(world.window().list().length, 1);
    next.dispose();
  });

  it('is made once for the same port', async () => {
    const world = new World();
    const first = await world.tunnels.add(key, 'ada', spec);
    const second = await world.tunnels.add(key, 'ada', { ...spec, to: { host: 'localhost', port: 80 } });
    assert.equal(second.id, first.id);
    assert.equal(world.tunnels.list().length, 1);
  });

  it('runs once, however often it is started, and not at all when stopped in between', async () => {
    const world = new World();
    const { id } = await world.tunnels.add(key, 'ada', spec);
    await world.tunnels.stop(id);
    let listening = 0;
    world.net.listen = async () => {
      listening += 1;
      return { close: async () => void (listening -= 1) };
    };
    await Promise.all([world.tunnels.start(id), world.tunnels.start(id), world.tunnels.start(id)]);
    await settled();
    assert.equal(listening, 1);
    assert.equal(world.tunnels.get(id)?.state.name, 'open');
    const starting = world.tunnels.start(id);
    await world.tunnels.stop(id);
    assert.equal((await starting).state.name, 'stopped');
    assert.equal(listening, 0);
  });

  it('is stopped when its start is canceled', async () => {
    const world = new World();
    world.refusal = unreachable;
    const abort = new AbortController();
    const adding = world.tunnels.add(key, 'ada', spec, abort.signal);
    abort.abort();
    assert.equal((await adding).state.name, 'stopped');
  });

  it('of an unreadable version is left out', () => {
    const world = new World();
    world.memento.kept.set('skylab.tunnels', [
      { id: 'x' },
      7,
      { id: 'y', key, machineName: 'ada', openAtStart: false, spec: { kind: 'vpn' } },
    ]);
    assert.deepEqual(world.tunnels.list(), []);
  });
});

describe("a tunnel's row", () => {
  const traffic = { open: 1, total: 3, sent: 1200, received: 5_000_000 };
  const tunnel = (change: Partial<Tunnel>): Tunnel => ({
    id: 't',
    key,
    machineName: 'ada',
    spec,
    openAtStart: false,
    state: { name: 'open' },
    traffic,
    ...change,
  });
  const labelOf = (change: Partial<Tunnel>): string => tunnelRow(tunnel(change), 'ada', l10n).label;

  it('says where it leads', () => {
    const socket = { path: '/var/run/docker.sock' };
    assert.equal(labelOf({}), '8888 → ada:8888');
    assert.equal(labelOf({ spec: { ...spec, to: { host: 'db.lab', port: 5432 } } }), '8888 → db.lab:5432 via ada');
    assert.equal(labelOf({ spec: { ...spec, to: socket } }), '8888 → ada:/var/run/docker.sock');
    assert.equal(labelOf({ spec: { kind: 'socks', listen: { host: 'localhost', port: 1080 } } }), '1080 → SOCKS via ada');
    const reverse = { kind: 'reverse', listen: { host: 'localhost', port: 0 }, to: { host: 'localhost', port: 3000 } } as const;
    assert.equal(labelOf({ spec: reverse, remotePort: 40123 }), 'ada:40123 → 3000');
  });

  it('says its state by icon and word, with the reason, to screen readers too', () => {
    const row = tunnelRow(tunnel({ state: { name: 'waiting', reason: 'Nothing listens on 8888 on ada.' } }), 'ada', l10n);
    assert.equal(row.description, 'waiting · Nothing listens on 8888 on ada.');
    assert.equal(row.icon.id, 'watch');
    assert.equal(row.aria, 'tunnel 8888 → ada:8888, waiting · Nothing listens on 8888 on ada.');
    const states = ['stopped', 'opening', 'open'] as const;
    assert.equal(new Set(states.map((name) => tunnelRow(tunnel({ state: { name } }), 'ada', l10n).icon.id)).size, 3);
  });

  it('warns where others can connect', () => {
    const open = { ...spec, listen: { host: '0.0.0.0', port: 8888 } };
    assert.match(tunnelRow(tunnel({ spec: open }), 'ada', l10n).description, /others can connect/);
  });

  it('offers what its state allows', () => {
    const context = (change: Partial<Tunnel>): string => tunnelRow(tunnel(change), 'ada', l10n).contextValue;
    assert.equal(context({}), 'tunnel.web.on');
    assert.equal(context({ state: { name: 'stopped' }, openAtStart: true }), 'tunnel.web.off.marked');
    assert.equal(context({ spec: { kind: 'socks', listen: { host: 'localhost', port: 1080 } } }), 'tunnel.port.on');
  });

  it('tells on hover what went through', () => {
    const hover = tunnelTooltip(tunnel({}), 'ada', l10n);
    assert.match(hover, /1 open, 3 in all/);
    assert.match(hover, /1\\.2 kB/);
    assert.match(hover, /5\\.0 MB/);
    assert.match(hover, /ssh \\-L 8888\\:localhost\\:8888/);
  });
});
