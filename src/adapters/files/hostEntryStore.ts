import { join } from 'node:path';
import { userInfo } from 'node:os';
import { SkylabError } from '../../core/errors';
import type { SshPaths } from '../../core/ssh/hostEntries';
import { parseHostEntries, renderHostEntries, sshPaths, withInclude } from '../../core/ssh/hostEntries';
import { isJumpEntry, withJumps } from '../../core/ssh/jumps';
import type { SshAlias, SshTarget } from '../../core/ssh/model';
import type { HostEntryStore, IncludeChange } from '../../core/ssh/ports';
import { configProblem } from '../ssh/configCheck';
import { readIfThere, writeWhole } from './atomic';
import { withLock } from './lock';

/** `~/.ssh/skylab/hosts.conf`, and the Include in `~/.ssh/config` that reaches it. */
export class FileHostEntryStore implements HostEntryStore {
  readonly #entries: string;
  readonly #config: string;
  readonly #paths: SshPaths;

  /** @param homeDir holds `.ssh` @param accountHome what ssh expands `~` to */
  constructor(homeDir: string, accountHome = userInfo().homedir) {
    this.#entries = join(homeDir, '.ssh', 'skylab', 'hosts.conf');
    this.#config = join(homeDir, '.ssh', 'config');
    this.#paths = sshPaths(homeDir, accountHome);
  }

  async list(): Promise<readonly SshTarget[]> {
    return parseHostEntries(await this.#text());
  }

  async upsert(target: SshTarget): Promise<void> {
    await this.#change((targets) => {
      const next = [...targets];
      for (const one of withJumps(target)) {
        const at = next.findIndex(({ alias }) => alias === one.alias);
        if (at < 0) next.push(one);
        else next[at] = one;
      }
      return next;
    });
  }

  async remove(alias: SshAlias): Promise<void> {
    await this.#change((targets) => {
      if (!targets.some((one) => one.alias === alias)) return undefined;
      const rest = targets.filter((one) => one.alias !== alias);
      // a machine that was only passed through goes with the last one behind it
      const needed = new Set(rest.filter((one) => !isJumpEntry(one)).flatMap((one) => withJumps(one).map((hop) => hop.alias)));
      return rest.filter((one) => needed.has(one.alias));
    });
  }

  async takenNames(): Promise<ReadonlySet<string>> {
    // Loaded when first needed: a launch or a first connection.
    const { hostNamesIn } = await import('./hostNames');
    return hostNamesIn((await readIfThere(this.#config))?.toString('utf8') ?? '');
  }

  async includeChange(): Promise<IncludeChange | undefined> {
    const bytes = await readIfThere(this.#config);
    const before = bytes?.toString('utf8') ?? '';
    if (before.includes('\0')) {
      throw new SkylabError(`${this.#config} is no text file that ssh could read. Nothing was changed.`, {
        code: 'FileUnusable',
        next: 'Save it as UTF-8 text, then try again.',
      });
    }
    const after = withInclude(before, this.#paths.include);
    if (after === undefined) return undefined;
    // bytes that are no UTF-8 (an old comment, say) stay as they are: only the line is put before them
    const text = before.replace(/^\uFEFF/, '');
    const line = after.slice(0, after.length - text.length);
    const rest = bytes === undefined ? Buffer.alloc(0) : before === text ? bytes : bytes.subarray(3);
    return {
      path: this.#config,
      before,
      after,
      apply: () =>
        withLock(this.#config, async () => {
          const now = await readIfThere(this.#config);
          if (!sameBytes(now, bytes)) {
            throw new SkylabError(`${this.#config} was changed by something else meanwhile. Nothing was changed.`, {
              code: 'FileChanged',
              next: 'Look at the change again.',
            });
          }
          await this.#checkWithSsh(rest);
          await writeWhole(this.#config, Buffer.concat([Buffer.from(line), rest]));
        }),
    };
  }

  /** A file that ssh refuses would leave the person thinking that Skylab broke it. */
  async #checkWithSsh(config: Buffer): Promise<void> {
    const problem = await configProblem(config);
    if (problem === undefined) return;
    throw new SkylabError(`ssh cannot read ${this.#config}, with or without Skylab's line: ${problem}. Nothing was changed.`, {
      code: 'ConfigRefused',
      next: 'Correct that line: until then ssh reaches no host at all. Then try again.',
    });
  }

  async #text(): Promise<string> {
    return (await readIfThere(this.#entries))?.toString('utf8') ?? '';
  }

  /** Reads, changes and writes the whole file under a lock. @param edit undefined leaves the file as it is */
  async #change(edit: (targets: readonly SshTarget[]) => readonly SshTarget[] | undefined): Promise<void> {
    await withLock(this.#entries, async () => {
      const text = await this.#text();
      const old = parseHostEntries(text);
      const targets = edit(old);
      if (targets === undefined) return;
      const next = renderHostEntries(targets, this.#paths.knownHosts);
      if (next === text) return;
      // lines that a person has put in would be lost: they are kept beside it
      if (text !== '' && renderHostEntries(old, this.#paths.knownHosts) !== text) await writeWhole(`${this.#entries}.before`, text);
      await writeWhole(this.#entries, next, { mode: 0o600 });
    });
  }
}

function sameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
