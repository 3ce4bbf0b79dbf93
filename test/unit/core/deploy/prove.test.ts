import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import type { Ask } from '../../../../src/core/deploy/prove';
import { askCommand, parseAnswer, proofText, proveSite } from '../../../../src/core/deploy/prove';
import { commandLine } from '../../../../src/core/remote/command';
import { Secret } from '../../../../src/core/secret';

const url = 'https://ada.localhost';
const account = { user: 'ada', password: new Secret('right') };
const options = { waitMs: 0, url, report: () => undefined };

/** A site that guards itself as told. */
const site =
  (answers: { none: number; wrong: number; right: number }): Ask =>
  async (credentials) => {
    const password = credentials?.password.reveal();
    const status = password === undefined ? answers.none : password === 'right' ? answers.right : answers.wrong;
    return { status, body: `<h1>state ${status}</h1>` };
  };

describe('the proof of a site', () => {
  it('is 401 without, 401 with a wrong and 200 with the right password', async () => {
    const proof = await proveSite(site({ none: 401, wrong: 401, right: 200 }), account, options);
    assert.equal(proofText(proof), '401 without the password, 401 with a wrong one, 200 with it');
  });

  it('does without the password when a kept one serves', async () => {
    const proof = await proveSite(site({ none: 401, wrong: 401, right: 500 }), { user: 'ada' }, options);
    assert.equal(proofText(proof), '401 without the password, 401 with a wrong one');
  });

  it('says that an unguarded site is not protected', async () => {
    assert.match(
      proofText(await proveSite(site({ none: 200, wrong: 0, right: 0 }), undefined, options)),
      /200 without a password: it is not protected/,
    );
  });

  it('fails for a site that lets people in', async () => {
    const fails = (answers: Parameters<typeof site>[0], code: string, message: RegExp) =>
      assert.rejects(
        proveSite(site(answers), account, options),
        (error) => error instanceof SkylabError && error.code === code && message.test(error.message),
      );
    await fails({ none: 200, wrong: 200, right: 200 }, 'SiteOpen', /lets people in without the password/);
    await fails({ none: 401, wrong: 200, right: 200 }, 'SiteUnproved', /a wrong password: 200/);
    await fails({ none: 401, wrong: 401, right: 502 }, 'SiteUnproved', /with the password: 502: state 502/);
    await fails({ none: 401, wrong: 401, right: 401 }, 'SiteUnproved', /with the password: 401/);
  });

  it('waits while the site comes up, and through answers that do not come', async () => {
    let round = 0;
    const ask: Ask = async (credentials) => {
      if (++round === 1) throw new Error('connect ECONNREFUSED');
      if (round === 2) return { status: 502, body: '' };
      return site({ none: 401, wrong: 401, right: 200 })(credentials);
    };
    assert.equal((await proveSite(ask, account, { ...options, waitMs: 5000 })).right, 200);
  });

  it('keeps the password off the command line', () => {
    const command = askCommand(`${url}:8443/`, { user: 'ada', password: new Secret('a"b\\c') });
    assert.ok(!commandLine(command).includes('a"b'));
    assert.ok(command.stdin instanceof Secret);
    assert.equal(command.stdin.reveal(), 'user = "ada:a\\"b\\\\c"\n');
    assert.match(commandLine(command), /--resolve ada\.localhost:8443:127\.0\.0\.1/);
  });

  it('reads status and body from what curl prints', () => {
    assert.deepEqual(parseAnswer('<p>no</p>\n\n401'), { status: 401, body: '<p>no</p>' });
    assert.deepEqual(parseAnswer('curl: (7) Failed to connect\n\n000'), { status: 0, body: 'curl: (7) Failed to connect' });
    assert.deepEqual(parseAnswer('sh: curl: not found'), { status: 0, body: 'sh: curl: not found' });
  });
});
