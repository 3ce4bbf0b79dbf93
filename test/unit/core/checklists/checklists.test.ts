import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readChecklist } from '../../../../src/core/checklists/read';
import type { SecretAges } from '../../../../src/core/checklists/rotation';
import { judgeAge } from '../../../../src/core/checklists/rotation';
import type { Schema } from '../../../../src/core/cloud/specs/schema';
import { endsSoon } from '../../../../src/core/certificates/x509';
import { checklistReport } from '../../../../src/ui/model/checklistReport';

const repo = resolve(__dirname, '../../../..');
const schema = JSON.parse(readFileSync(join(repo, 'schemas/checklist.schema.json'), 'utf8')) as Schema;
const read = (text: string) => readChecklist(text, schema, 'c.yaml');
const l10n = { t: (text: string, ...words: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(words[Number(index)])) };

describe('a checklist', () => {
  const folder = join(repo, 'media/checklists');
  for (const name of readdirSync(folder))
    it(`ships: ${name}`, () => {
      const { title, items } = read(readFileSync(join(folder, name), 'utf8'));
      assert.notEqual(title, '');
      assert.ok(items.length > 5 && items.every((item) => item.title !== ''));
    });

  it('says each thing in its own words where the file has none', () => {
    const { items } = read(
      'title: t\nitems:\n  - get: /\n    status: [200, 401]\n  - closedPort: 5432\n  - diskFree: 10\n  - backup: /b/*\n    youngerThan: 2d\n  - byHand: Look\n',
    );
    assert.deepEqual(
      items.map(({ title }) => title),
      ['/ answers 200 or 401', 'Port 5432 does not answer', '10 % of / are free', '/b/* is younger than 48 hours', 'Look'],
    );
  });

  it('takes a certificate that its server renews each day for well until a third of its time is left', () => {
    const [hour, day] = [3_600_000, 86_400_000];
    const soon = (life: number, left: number) => endsSoon({ from: 0, until: life }, 14, life - left);
    assert.deepEqual(
      [soon(12 * hour, 11 * hour), soon(12 * hour, 3 * hour), soon(90 * day, 15 * day), soon(90 * day, 13 * day)],
      [false, true, false, true],
    );
  });

  it('is refused with the line where it makes no sense', () => {
    assert.throws(() => read('title: t\nitems:\n  - get: /\n    unit: x\n'), /c\.yaml:3: item 1 is looked at in more than one way/);
    assert.throws(() => read('title: t\nitems:\n  - check: so\n'), /c\.yaml:3: item 1 says nothing to look at/);
    assert.throws(() => read('title: t\nitems:\n  - unit: a b\n'), /c\.yaml:3:\d+:/);
    assert.throws(() => read('title: t\nitems:\n  - unitt: a\n'), /c\.yaml:3:\d+:/);
    assert.throws(() => read('title: [\n'), /c\.yaml:/);
  });

  it('tells the age of secrets, and which are too old', () => {
    const now = Date.UTC(2026, 10, 21);
    const day = 86_400_000;
    const ages: SecretAges = {
      login: { names: ['ada@laptop'], changed: now - 3 * day },
      deploy: [],
      host: [],
      env: [
        { name: 'DB_PASSWORD', stack: 'lab', since: now - 400 * day, orOlder: true },
        { name: 'LAB_PASSWORD', stack: 'lab', since: now - 5 * day, orOlder: false },
        { name: 'GITHUB_CLIENT_SECRET', stack: 'hub', since: now - day, orOlder: false },
      ],
    };
    assert.deepEqual(judgeAge('envSecrets', ages, 365, now), {
      state: 'fail',
      said: 'DB_PASSWORD of lab, at least: 400 days; LAB_PASSWORD of lab: 5 days',
    });
    assert.deepEqual(judgeAge('sitePassword', ages, 365, now), { state: 'pass', said: 'LAB_PASSWORD of lab: 5 days' });
    assert.deepEqual(judgeAge('githubSecret', ages, undefined, now), { state: 'open', said: 'GITHUB_CLIENT_SECRET of hub: one day' });
    assert.deepEqual(judgeAge('loginKeys', ages, undefined, now), { state: 'open', said: 'ada@laptop; the list was changed 3 days ago' });
    assert.deepEqual(judgeAge('deployKeys', ages, 365, now), { state: 'pass', said: 'the machine has no key of its own' });
  });

  it('is a page that says how it stands first, counts a person’s word, and cannot be broken by what was seen', () => {
    const list = read('title: Smoke\nitems:\n  - get: /\n  - byHand: Mail\n    help: Ask Bob\n  - unit: x\n');
    const page = checklistReport(
      {
        list,
        who: 'ada@laptop',
        at: 0,
        machines: [
          {
            name: 'lab|1',
            results: [
              { state: 'pass', said: '200' },
              { state: 'open', said: '' },
              { state: 'fail', said: 'a | b\nc' },
            ],
            ticks: new Map([[1, { state: 'fail' as const, who: 'bob', at: 0, note: 'no mail' }]]),
          },
        ],
      },
      l10n,
      'en',
    );
    assert.match(page, /^# Smoke\n\nLooked at by ada@laptop/);
    assert.match(page, /## lab\\\|1\n\n1 of 3 are right; \*\*2 wrong\*\*\./);
    assert.match(page, /^- ✗ \*\*wrong\*\* · Mail: bob, .*: no mail$/m);
    assert.match(page, /^- ✗ \*\*wrong\*\* · x is active: a \\\| b c$/m);
    assert.match(page, /## How\n\n- Mail: Ask Bob/);
  });
});
