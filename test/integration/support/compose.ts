import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { skip } from '../../support/skip';

const cache = process.env['SKYLAB_DEV_CACHE'] ?? path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'skylab-dev');
const PLACES = [
  '/usr/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/local/lib/docker/cli-plugins',
  path.join(homedir(), '.docker/cli-plugins'),
  path.join(cache, 'compose'),
].map((folder) => path.join(folder, 'docker-compose'));

/**
 * Docker Compose 2 as a program: `$SKYLAB_COMPOSE`, an installed plugin, or the one that the set-up keeps in its cache.
 * Its `config` needs no Docker engine.
 */
export function findCompose(): string | undefined {
  const named = process.env['SKYLAB_COMPOSE'];
  return named ?? PLACES.find((place) => existsSync(place));
}

/** For `before`: on a computer without Compose there is nothing to compare with; in CI the set-up has brought it. */
export function skipWithoutCompose(test: Mocha.Context): void {
  if (findCompose() !== undefined) return;
  if (process.env['CI'] === 'true') throw new Error('Docker Compose 2 is not installed');
  skip(test, 'Docker Compose 2 is not installed');
}

/** Runs `docker-compose config` in a folder with no variables of this process; the parsed JSON, or what it said when it refused. */
export function composeConfig(program: string, folder: string): { config: ComposeConfig } | { refused: string } {
  const ran = spawnSync(program, ['config', '--format', 'json'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    encoding: 'utf8',
  });
  if (ran.error !== undefined) throw ran.error;
  if (ran.status !== 0) return { refused: ran.stderr };
  return { config: JSON.parse(ran.stdout) as ComposeConfig };
}

export interface ComposeConfig {
  readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>>;
}
