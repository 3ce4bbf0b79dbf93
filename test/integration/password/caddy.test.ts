import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { WorkerPasswordHasher } from '../../../src/adapters/password/hasher';
import { Secret } from '../../../src/core/secret';
import { freePort } from '../support/sshd';

describe('a password hashed for Caddy', function () {
  this.timeout(60_000);
  const password = 'pässword with "quotes" & $HOME';

  before(function () {
    if (spawnSync('caddy', ['version']).status === 0) return;
    if (process.env['CI'] === 'true') throw new Error('Caddy is not installed');
    this.skip();
  });

  it('opens the site to the one who knows it, and to nobody else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'skylab-caddy-'));
    const outfile = path.join(folder, 'password-worker.js');
    buildSync({ entryPoints: ['src/adapters/password/worker.ts'], bundle: true, platform: 'node', outfile });
    const hasher = new WorkerPasswordHasher(outfile);
    const hash = await hasher.hash(new Secret(password));
    // Caddy's own hash opens with our check as well.
    const theirs = spawnSync('caddy', ['hash-password', '--plaintext', password], { encoding: 'utf8' }).stdout.trim();
    assert.equal(await hasher.verify(new Secret(password), theirs), true);
    assert.equal(hash.slice(0, 7), theirs.slice(0, 7));
    hasher.dispose();

    const port = await freePort();
    const caddyfile = path.join(folder, 'Caddyfile');
    writeFileSync(
      caddyfile,
      `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n basicauth {\n  ada {$LAB_PASSWORD}\n }\n respond "inside"\n}\n`,
    );
    const env = { ...process.env, LAB_PASSWORD: hash, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const caddy = spawn('caddy', ['run', '--config', caddyfile, '--adapter', 'caddyfile'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => caddy.once('close', resolve));
    try {
      const ask = async (text?: string): Promise<number> => {
        const headers = text === undefined ? {} : { authorization: `Basic ${Buffer.from(`ada:${text}`).toString('base64')}` };
        for (let tries = 0; ; tries++) {
          try {
            return (await fetch(`http://127.0.0.1:${port}/`, { headers })).status;
          } catch (error) {
            if (tries > 100) throw error;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }
      };
      assert.equal(await ask(), 401);
      assert.equal(await ask(`${password} `), 401);
      assert.equal(await ask(password), 200);
    } finally {
      caddy.kill();
      await ended;
      rmSync(folder, { recursive: true });
    }
  });
});
