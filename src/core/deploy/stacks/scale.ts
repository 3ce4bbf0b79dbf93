import { isMap, parseDocument } from 'yaml';
import { SkylabError } from '../../errors';
import type { Step } from '../../operations/step';
import type { RemoteCommand } from '../../remote/command';
import { parseRecord } from '../../docker/containers';
import { compose } from '../stackHost';
import type { StackAct } from './stackAct';
import { connect, done } from './stackAct';

/**
 * The number of containers of a service is kept in the release's own copy of its Compose file, as `scale` (or `deploy.replicas` where the
 * service has that): whatever starts the stack reads it there, the unit at boot included, and Compose leaves both out of the hash by which
 * it recreates containers. It lasts until the folder is deployed again, whose files then hold.
 */
export function setScale(text: string, service: string, count: number): string | undefined {
  const document = parseDocument(text, { merge: true, keepSourceTokens: true });
  const node = document.getIn(['services', service]);
  if (!isMap(node)) return undefined;
  const path = document.hasIn(['services', service, 'deploy', 'replicas']) ? ['deploy', 'replicas'] : ['scale'];
  document.setIn(['services', service, ...path], count);
  return document.toString({ lineWidth: 0 });
}

/** Why a service cannot have several containers; undefined where it can. @param config what `docker compose config --format json` prints */
export function scaleProblem(config: string, service: string): string | undefined {
  const services = parseRecord(config)['services'];
  const one = typeof services === 'object' && services !== null ? (services as Record<string, unknown>)[service] : undefined;
  if (typeof one !== 'object' || one === null) return `There is no service ${service} in the Compose file.`;
  const { container_name: name, ports } = one as Record<string, unknown>;
  if (typeof name === 'string') return `${service} has the fixed container name ${name}, which only one container can have.`;
  for (const port of Array.isArray(ports) ? (ports as unknown[]) : []) {
    const published = typeof port === 'object' && port !== null ? (port as Record<string, unknown>)['published'] : undefined;
    if (typeof published === 'string' && /^\d+$/.test(published) && published !== '0')
      return `${service} publishes port ${published} of the machine, which only one container can have.`;
  }
  return undefined;
}

/** Prints the release's Compose files, those whose word holds first: as COMPOSE_FILE of the `.env` names them, or by the usual names. */
const LIST = String.raw`
named=$(sed -n 's/^COMPOSE_FILE=//p' .env 2>/dev/null | tail -n 1 | tr -d "\"'\r" | tr ':' '\n' | sed -n '1!G;h;$p')
for base in compose docker-compose; do for end in yaml yml; do usual="$usual $base.override.$end"; plain="$plain $base.$end"; done; done
for f in ${'$'}{named:-$usual $plain}; do [ -f "$f" ] && echo "$f"; done
exit 0`;

/** Replaces a file whole, keeping its mode and owner. */
function writeFile(path: string, text: string, sudo: boolean): RemoteCommand {
  const script = 'set -e; cp -p "$1" "$1.new"; cat >"$1.new"; mv -f "$1.new" "$1"';
  return { argv: ['sh', '-c', script, 'write', path], stdin: text, sudo, what: 'write the Compose file' };
}

const read = (path: string): RemoteCommand => ({ argv: ['cat', path], parse: (stdout) => stdout, what: 'read the Compose file' });

/** Gives a service this many containers, and goes back where they do not get well. */
export function scaleSteps(service: string, count: number): readonly Step<StackAct>[] {
  let before: { readonly path: string; readonly text: string } | undefined;
  const write: Step<StackAct> = {
    name: 'check',
    title: 'Write the number down',
    async run(act, io) {
      const { current } = act;
      const config = await act.remote(
        { ...compose(act.place, current, 'config', '--format', 'json'), what: 'read the Compose file', parse: (stdout) => stdout },
        io,
      );
      const problem = count > 1 ? scaleProblem(config, service) : undefined;
      if (problem !== undefined) {
        throw new SkylabError(problem, { next: 'Change that in the folder and deploy it again.', code: 'CannotScale' });
      }
      const list: RemoteCommand = { argv: ['sh', '-c', LIST], cwd: current };
      for (const name of (await act.remote(list, io)).split('\n').filter((one) => one !== '')) {
        const path = `${current}/${name}`;
        const text = await act.remote(read(path), io);
        const changed = setScale(text, service, count);
        if (changed === undefined) continue;
        before = { path, text };
        await act.remote(writeFile(path, changed, act.facts.root), io);
        return;
      }
      throw new SkylabError(`${service} stands in a file that ${act.name} includes, where its number cannot be kept.`, {
        next: 'Set scale in that file of the folder and deploy it again.',
        code: 'CannotScale',
      });
    },
    async undo(act, io) {
      if (before) await act.remote(writeFile(before.path, before.text, act.facts.root), io);
    },
  };
  const apply: Step<StackAct> = {
    name: 'up',
    title: 'Start and stop containers',
    async run(act, io) {
      await act.up(io, act.current, '--no-recreate', '--no-deps', service);
      io.report(count === 1 ? 'one container' : `${count} containers`);
    },
    async undo(act, io) {
      if (!before) return;
      await act.remote(writeFile(before.path, before.text, act.facts.root), io);
      const words = ['up', '--detach', '--no-recreate', '--no-deps', service];
      await act.remote({ ...compose(act.place, act.current, ...words), what: 'go back to the number before' }, io);
    },
  };
  return [connect, write, apply, done];
}
