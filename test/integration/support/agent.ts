import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A real ssh-agent of a test's own. */
export interface TestAgent {
  readonly socket: string;
  /** Runs ssh-add against it and gives what it prints. */
  add(...args: string[]): string;
  stop(): void;
}

/** @param folder where its socket is made */
export function startAgent(folder: string): TestAgent {
  const socket = join(folder, 'agent');
  const started = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  return {
    socket,
    add: (...args) => execFileSync('ssh-add', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    stop: () => process.kill(pid),
  };
}
