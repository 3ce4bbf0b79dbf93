import assert from 'node:assert/strict';
import { databaseAct, parseDatabase, refuseDatabase } from '../../../../src/core/apps/database';
import type { DatabaseFacts } from '../../../../src/core/apps/database';
import type { AppFacts } from '../../../../src/core/apps/facts';
import { taggedLines } from '../../../../src/core/remote/taggedLines';
import { folderOf } from './support';

const { app } = folderOf('database: { kind: container, version: "17.4" }', 'caddy', "DATABASE_URL=''\n");
const none: DatabaseFacts = { docker: true, volume: false, password: '' };
const on = (database: DatabaseFacts, id = 'debian') =>
  ({ database, os: { id, idLike: [], versionId: '13', codename: 'trixie', prettyName: id } }) as unknown as AppFacts;
const lines = (facts: AppFacts) => databaseAct(app, facts, 'secret')?.changes.map(({ line }) => line) ?? [];

describe('the database of an application', () => {
  it('is a container only where the file says so, and where .env names no other', () => {
    assert.equal(folderOf('database: { kind: none }').app.database, undefined);
    assert.equal(folderOf('database: { kind: container }').app.database?.version, '17');
    assert.throws(() => folderOf('database: { kind: container }', 'caddy', 'DATABASE_URL=postgres://db/x\n'), { code: 'BadApp' });
  });

  it('is made once, and changed only where something else is asked for', () => {
    assert.match(lines(on(none)).join(), /^runs postgres:17\.4 in the container polls-database, which only this machine reaches$/);
    const container = { own: true, image: 'postgres:17.4', running: true };
    const there = { ...none, volume: true, password: 'x', container };
    assert.deepEqual(lines(on(there)), []);
    assert.deepEqual(lines(on({ ...there, container: { ...container, running: false } })), ['starts polls-database again']);
    assert.deepEqual(lines(on({ ...there, container: { ...container, image: 'postgres:17.2' } })), [
      'has polls-database run postgres:17.4 in place of postgres:17.2',
    ]);
  });

  it('brings Docker where the distribution has it, and says what to do where not', () => {
    assert.match(
      lines(on({ ...none, docker: false })).join('\n'),
      /^fetches the package lists\ninstalls docker\.io\n.*\nstarts Docker\nruns /,
    );
    assert.match(lines(on({ ...none, docker: false }, 'amzn')).join('\n'), /^installs docker\nstarts Docker\nruns /);
    assert.throws(() => refuseDatabase(app, on({ ...none, docker: false }, 'fedora')), { code: 'NoDocker' });
  });

  it('takes no container, volume or data that it cannot be', () => {
    const container = { own: true, image: 'postgres:17', running: true };
    assert.throws(() => refuseDatabase(app, on({ ...none, container: { ...container, own: false } })), { code: 'NameTaken' });
    assert.throws(() => refuseDatabase(app, on({ ...none, volume: true })), { code: 'NameTaken' });
    assert.throws(() => refuseDatabase(app, on({ ...none, password: 'x', container: { ...container, image: 'postgres:16' } })), {
      code: 'OtherVersion',
    });
    refuseDatabase(app, on({ ...none, volume: true, password: 'x', container }));
  });

  it('is read from what the machine says', () => {
    const read = (text: string) => parseDatabase(taggedLines(text), 'polls');
    assert.equal(read('docker\n'), undefined);
    assert.deepEqual(read('database \n'), { docker: false, volume: false, password: '' });
    assert.deepEqual(read('database ab\ndocker\ncontainer polls postgres:17 true\nvolume\n'), {
      docker: true,
      container: { own: true, image: 'postgres:17', running: true },
      volume: true,
      password: 'ab',
    });
    assert.equal(read('database \ndocker\ncontainer  nginx:1 true\n')?.container?.own, false);
  });
});
