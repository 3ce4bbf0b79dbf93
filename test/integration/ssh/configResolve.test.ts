import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { FilePersonConfig } from '../../../src/adapters/files/personConfig';
import { InstalledSsh } from '../../../src/adapters/ssh/effective';
import { resolve } from '../../../src/core/ssh/config/resolve';
import { corpus, generatedConfig, hostsToAsk } from '../support/sshConfigs';

const run = promisify(execFile);

/** What ssh itself says, straight from the files, in the words that our reading gives too. */
async function ssh(file: string, host: string): Promise<Record<string, string[]>> {
  const { stdout } = await run('ssh', ['-T', '-G', '-F', file, '--', host], { encoding: 'latin1' });
  const said: Record<string, string[]> = {};
  for (const line of stdout.split('\n')) {
    const [keyword = '', ...rest] = line.split(' ');
    if (rest.length === 0) continue;
    (said[keyword] ??= []).push(rest.join(' '));
  }
  return said;
}

/** Keywords whose value ssh prints as it was written. */
const plain = ['identityfile', 'proxyjump', 'proxycommand', 'hostkeyalias', 'serveraliveinterval', 'sendenv', 'localcommand', 'tag'];

describe('our reading of an ssh configuration', function () {
  this.timeout(60_000);
  let home: string;
  const file = () => path.join(home, '.ssh', 'config');

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'skylab-config-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const agrees = async (files: Readonly<Record<string, string>>, hosts: readonly string[]): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      const at = path.join(home, name);
      await import('node:fs/promises').then(({ mkdir }) => mkdir(path.dirname(at), { recursive: true }));
      writeFileSync(at, text.replaceAll('@HOME@', home), { mode: 0o600, encoding: 'latin1' });
    }
    const tree = await new FilePersonConfig(home, { system: path.join(home, 'no-such-file') }).load();
    const copied = await new InstalledSsh().ask(tree, hosts);
    await Promise.all(
      hosts.map(async (host) => {
        const answer = copied?.get(host);
        const said = await ssh(file(), host);
        const mine = resolve(tree, host);
        const about = `${host} in\n${files['.ssh/config'] ?? ''}`;
        assert.deepEqual(
          { user: mine.user, hostname: mine.hostName, port: String(mine.port) },
          { user: said.user?.[0], hostname: said.hostname?.[0], port: said.port?.[0] },
          about,
        );
        // a copy is answered about as the original
        assert.ok(answer?.kind === 'values', about);
        assert.deepEqual(Object.fromEntries(answer.values), said, about);
        for (const keyword of plain) {
          const lines = mine.values.get(keyword);
          if (lines === undefined) continue;
          const raw = ['proxycommand', 'proxyjump', 'localcommand'].includes(keyword);
          const words = lines.flatMap(({ directive }) =>
            raw ? [directive.raw] : keyword === 'sendenv' ? directive.words.map(({ value }) => value) : [directive.value],
          );
          const wanted = words.filter((word) => !(raw && word === 'none'));
          // a second reading repeats what it passes on
          const got = keyword === 'sendenv' ? [...new Set(said[keyword])] : said[keyword];
          if (wanted.length > 0)
            assert.deepEqual(
              got,
              keyword === 'hostkeyalias' ? wanted.map((one) => one.toLowerCase()) : [...new Set(wanted)],
              `${keyword} of ${about}`,
            );
        }
      }),
    );
  };

  for (const [name, { files, hosts }] of Object.entries(corpus)) {
    it(`is that of ssh -G: ${name}`, () => agrees(files, hosts));
  }

  it('is that of ssh -G for generated configurations', async () => {
    await fc.assert(
      fc.asyncProperty(generatedConfig, (files) => agrees(files, hostsToAsk)),
      { numRuns: 50 },
    );
  });

  it('asks ssh about a copy, so that ~, relative Includes and patterns mean what they mean in place, and runs no command', async () => {
    const marker = path.join(home, 'ran');
    const text = `Include conf.d/*.conf nothing/*\nInclude ~/.ssh/tilde.conf\nMatch exec "touch ${marker}"\n  Port 7\nMatch originalhost web !exec "touch ${marker}"\n  User nobody\n`;
    const { mkdirSync } = await import('node:fs');
    mkdirSync(path.join(home, '.ssh/conf.d'), { recursive: true });
    for (const [name, content] of Object.entries({
      config: text,
      'conf.d/20.conf': 'Host web\n  HostName second\n',
      'conf.d/10.conf': 'Host web\n  HostName first\n',
      'conf.d/.30.conf': 'Host web\n  IdentityFile hidden\n',
      'tilde.conf': 'Host web\n  HostKeyAlias tilde\n',
    })) {
      writeFileSync(path.join(home, '.ssh', name), content, { mode: 0o600 });
    }
    const tree = await new FilePersonConfig(home, { accountHome: home, system: path.join(home, 'no-such-file') }).load();
    const ask = async (exec: boolean) => {
      const answer = (await new InstalledSsh().ask(tree, ['web'], { exec }))?.get('web');
      assert.ok(answer?.kind === 'values');
      const { values } = answer;
      return {
        hostname: values.get('hostname'),
        port: values.get('port'),
        user: values.get('user'),
        alias: values.get('hostkeyalias'),
        key: values.get('identityfile')?.includes('hidden'),
      };
    };
    const local = userInfo().username;
    assert.deepEqual(await ask(true), { hostname: ['first'], port: ['7'], user: [local], alias: ['tilde'], key: false });
    assert.deepEqual(await ask(false), { hostname: ['first'], port: ['22'], user: ['nobody'], alias: ['tilde'], key: false });
    const { existsSync } = await import('node:fs');
    assert.equal(existsSync(marker), false, 'the command of Match exec was not run');
    assert.equal(resolve(tree, 'web').uncertain, true);
  });
});
