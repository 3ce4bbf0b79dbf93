import type { RemoteCommand } from '../../remote/command';
import { quote } from '../../remote/command';
import { entriesOf } from './envEntries';
import { isSecretName, maskSecrets, secretValues } from './mask';

const MARK = '@@skylab env';

/** The Compose file of the current release as Compose runs it, variables filled in and secrets masked. Exit code 3: there is none. */
export function configCommand(stack: string): RemoteCommand<string | undefined> {
  const script = `cd "skylab/$1/current" 2>/dev/null || exit 3; cd "$(pwd -P)" && docker compose -p "$1" config || exit; echo '${MARK}'; cat .env 2>/dev/null; exit 0`;
  return {
    argv: ['sh', '-c', script, 'config', stack],
    okCodes: [0, 3],
    what: 'read the Compose file',
    parse: (stdout, code) => {
      if (code === 3) return undefined;
      const at = stdout.lastIndexOf(`${MARK}\n`);
      return maskSecrets(stdout.slice(0, at), secretValues(entriesOf(stdout.slice(at + MARK.length + 1))));
    },
  };
}

/** All that Docker says of a container, as JSON with the secrets of its environment, labels and command masked. */
export function inspectCommand(container: string, sudo: boolean): RemoteCommand {
  return { argv: ['docker', 'inspect', '--type', 'container', container], sudo, what: 'inspect the container', parse: maskInspection };
}

/** @param json what `docker inspect` prints */
export function maskInspection(json: string): string {
  const value = JSON.parse(json) as unknown;
  const [first] = Array.isArray(value) ? (value as unknown[]) : [value];
  const secrets = secretValues(environmentOf(first));
  return maskSecrets(JSON.stringify(maskEnvironment(first), undefined, 2), secrets);
}

function environmentOf(container: unknown): (readonly [string, string])[] {
  const config = typeof container === 'object' && container !== null && 'Config' in container ? container.Config : undefined;
  const env = typeof config === 'object' && config !== null && 'Env' in config ? config.Env : undefined;
  const lines = Array.isArray(env) ? env.filter((line): line is string => typeof line === 'string') : [];
  return lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)] as const);
}

function maskEnvironment(container: unknown): unknown {
  if (typeof container !== 'object' || container === null || !('Config' in container)) return container;
  const { Config: config } = container;
  if (typeof config !== 'object' || config === null) return container;
  const masked = environmentOf(container).map(([name, value]) => `${name}=${isSecretName(name) ? '••••••••' : value}`);
  return { ...container, Config: { ...config, Env: masked } };
}

/** The shell that a container has. Exit codes 126 and 127: the image brings none. */
export function shellCommand(container: string, sudo: boolean): RemoteCommand<string | undefined> {
  return {
    argv: ['docker', 'exec', container, 'sh', '-c', 'command -v bash || command -v ash || command -v sh'],
    sudo,
    okCodes: [0, 1, 126, 127],
    parse: (stdout, code) => (code === 0 ? stdout.trim().split('\n')[0] : undefined),
    what: 'look for a shell in the container',
  };
}

/** The line by which a terminal on the machine goes into a container. */
export function execLine(container: string, shell: string, sudo: boolean): string {
  return [...(sudo ? ['sudo', '-n'] : []), 'docker', 'exec', '-it', container, shell].map(quote).join(' ');
}
