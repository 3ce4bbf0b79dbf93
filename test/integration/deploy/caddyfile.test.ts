import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caddyVariables, fillCaddy } from '../../../src/core/deploy/caddyfile';

describe('a Caddyfile in the eyes of Caddy', () => {
  it('fills variables and defaults as Caddy does', () => {
    const text = '{$DOMAIN:fallback.localhost} {\n\trespond "{$GREETING:hello}"\n}\n';
    const env = { DOMAIN: 'ada.localhost' };
    const folder = mkdtempSync(join(tmpdir(), 'skylab-caddy-'));
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, text);
    const adapted = spawnSync('caddy', ['adapt', '--config', file, '--adapter', 'caddyfile'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    assert.equal(adapted.error, undefined);
    assert.equal(adapted.status, 0, adapted.stderr);
    const value = (word: string) => fillCaddy(word, (name) => (env as Record<string, string>)[name]);
    assert.match(adapted.stdout, new RegExp(`"host":\\["${value('{$DOMAIN:fallback.localhost}')}"\\]`));
    assert.match(adapted.stdout, new RegExp(`"body":"${value('{$GREETING:hello}')}"`));
    assert.deepEqual(
      caddyVariables(text).map((variable) => variable.name),
      ['DOMAIN', 'GREETING'],
    );
  });
});
