import assert from 'node:assert/strict';
import { MASK, maskInline, maskSecrets } from '../../../../../src/core/deploy/stacks/mask';

describe('a text that is shown', () => {
  for (const [text, shown] of [
    ['DATABASE: postgres://app:geheim@db/x', `DATABASE: postgres://app:${MASK}@db/x`],
    ['command: redis-server --requirepass geheim --save 60', `command: redis-server --requirepass ${MASK} --save 60`],
    ['command: ["redis-server", "--requirepass", "geheim"]', `command: ["redis-server", "--requirepass", "${MASK}"]`],
    ['  - --requirepass\n  - geheim\n  - --save', `  - --requirepass\n  - ${MASK}\n  - --save`],
    ['command: serve --admin-token=geheim --port=80', `command: serve --admin-token=${MASK} --port=80`],
    ['test: ["CMD", "redis-cli", "-a", "geheim", "ping"]', `test: ["CMD", "redis-cli", "-a", "${MASK}", "ping"]`],
    ['test: mysqladmin ping -h localhost -pgeheim', `test: mysqladmin ping -h localhost -p${MASK}`],
    ['test: curl -f -u ada:geheim http://localhost', `test: curl -f -u ada:${MASK} http://localhost`],
    ['test: PGPASSWORD=geheim pg_isready', `test: PGPASSWORD=${MASK} pg_isready`],
    ['test: curl http://localhost/?api_key=geheim&x=1', `test: curl http://localhost/?api_key=${MASK}&x=1`],
    ['context: https://ada:geheim@git.example.org/x.git', `context: https://ada:${MASK}@git.example.org/x.git`],
    ['      NPM_TOKEN: geheim', `      NPM_TOKEN: ${MASK}`],
    ['Environment=DB_PASSWORD=geheim', `Environment=DB_PASSWORD=${MASK}`],
  ] as const) {
    it(`hides the secret in ${text.replaceAll('\n', ' ⏎ ')}`, () => assert.equal(maskSecrets(text), shown));
  }

  for (const text of [
    'command: redis-server --requirepass $REDIS_PASSWORD',
    'command: redis-server --requirepass ${REDIS_PASSWORD:?}',
    "command: start-notebook.py --IdentityProvider.token='' --ip=0.0.0.0",
    'command: --passwords --verbose',
    'test: curl -f http://localhost:8080/health -o /dev/null',
    'test: mysqladmin ping --port 3306 -p$MYSQL_PASSWORD',
    'DATABASE: postgres://app:${DB_PASSWORD}@db/x',
    'image: caddy:2@sha256:0000',
    'command: npm run start --prefix app',
    'db has a well-known password in compose.yml: POSTGRES_PASSWORD.',
  ]) {
    it(`leaves alone ${text}`, () => assert.equal(maskInline(text), text));
  }

  it('hides what is known to be secret wherever it stands', () => {
    assert.equal(maskSecrets('args: [x, kuckucksuhr]', ['kuckucksuhr']), `args: [x, ${MASK}]`);
  });
});
