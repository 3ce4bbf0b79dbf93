import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { fromOld, OLD_NAMES, readOldScript, toOld, writeOldScript } from '../../../../src/core/recipes/cyberhubs';

const SCRIPT = `#!/bin/bash
# change me
host=hub.example.edu
export JUPYTER_HUB_AUTH_CL='AstroAuthenticator'
export JUPYTER_HUB_AUTH_UR="https://$host/hub/oauth_callback"   # as at GitHub
export JUPYTER_HUB_CLNT_ID=abc123
export JUPYTER_HUB_CLNT_SE='s3'"cr"e\\t; echo done
JUPYTER_HUB_ADMN_NM="Ada,grace"
export JUPYTER_HUB_WHT_LST=''
export JUPYTER_HUB_RO_PATH='/mnt/data:/data'
export JUPYTER_HUB_VL_PATH='/mnt/user:/user'
export JUPYTER_SGLEUSR_IMG='cyberhubs/corehub:latest'
export JUPYTER_USERGROUPID='user=1000:1000'
`;

describe('the old hub’s script', () => {
  it('is read as data: all ten variables, in whatever quotes they stand', () => {
    const old = readOldScript(SCRIPT);
    assert.deepEqual(Object.keys(old).sort(), [...OLD_NAMES].sort());
    assert.equal(old.JUPYTER_HUB_AUTH_UR, 'https://hub.example.edu/hub/oauth_callback');
    assert.equal(old.JUPYTER_HUB_CLNT_SE, 's3cret');
    const hub = fromOld(old);
    assert.deepEqual(hub.answers, {
      DOMAIN: 'hub.example.edu',
      OAUTH_CLIENT_ID: 'abc123',
      OAUTH_CLIENT_SECRET: 's3cret',
      READ_ONLY_DATA: '/mnt/data:/data',
      SHARED_DATA: '/mnt/user:/user',
      DOCKER_NOTEBOOK_IMAGE: 'cyberhubs/corehub:latest',
      DOCKER_NOTEBOOK_DIR: '/home/user',
      RUN_AS: '1000:1000',
      JUPYTERHUB_ADMIN: 'Ada grace',
    });
    assert.deepEqual([hub.admins, hub.allow, hub.hub], [['Ada', 'grace'], [], undefined]);
    assert.equal(hub.notes.length, 2);
  });

  it('is never run: what only a shell could work out is refused with its line, and elsewhere passed over', () => {
    for (const value of ['$(touch /tmp/x)', '`id`', '"a$(id)"', '"a `id`"', '$HOME', '<(id)']) {
      assert.throws(() => readOldScript(`\nexport JUPYTER_HUB_CLNT_ID=${value}\n`), /^SkylabError: Line 2: .*only a shell/, value);
      assert.deepEqual(readOldScript(`other=${value}\nJUPYTER_HUB_CLNT_ID=x`), { JUPYTER_HUB_CLNT_ID: 'x' });
    }
    assert.throws(() => readOldScript('echo hello'), /None of the JUPYTER_HUB_/);
  });

  it('of one of several hubs names the hub; a callback or an authenticator that does not fit is told', () => {
    assert.equal(fromOld({ JUPYTER_HUB_AUTH_UR: 'https://a.org/physics/hub/oauth_callback' }).hub, 'physics');
    const odd = fromOld({
      JUPYTER_HUB_AUTH_UR: 'https://a.org:4443/x',
      JUPYTER_HUB_AUTH_CL: 'GitLabAstroAuthenticator',
      JUPYTER_HUB_WHT_LST: 'a, B',
    });
    assert.deepEqual(odd.allow, ['a', 'B']);
    assert.match(odd.notes.join('\n'), /not of the form[^]*GitLab/);
    assert.equal(odd.answers['DOMAIN'], undefined);
  });

  it('comes back whole from the hub that was made of it', () => {
    const old = { ...readOldScript(SCRIPT), JUPYTER_HUB_WHT_LST: 'emmy,max' };
    const { answers, admins, allow } = fromOld(old);
    assert.deepEqual(readOldScript(writeOldScript(toOld(answers, { admins, allow }))), old);
    assert.match(toOld(answers, { admins: [], allow: [] }, 'physics').JUPYTER_HUB_AUTH_UR ?? '', /\.edu\/physics\/hub\/oauth_callback$/);
  });

  it('when written means the same to a real shell, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '$', '`', '(', ')', '#', ';', 'é', ','), maxLength: 8 }), {
          minLength: 10,
          maxLength: 10,
        }),
        (values) => {
          const old = Object.fromEntries(OLD_NAMES.map((name, index) => [name, values[index] ?? '']));
          const script = writeOldScript(old);
          assert.deepEqual(readOldScript(script), old);
          const shell = spawnSync(
            'sh',
            ['-c', `eval "$1"; for n in ${OLD_NAMES.join(' ')}; do eval "printf '%s\\0' \\"\\$$n\\""; done`, 'sh', script],
            { encoding: 'utf8' },
          );
          assert.deepEqual(
            shell.stdout.split('\0').slice(0, -1),
            OLD_NAMES.map((name) => old[name]),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});
