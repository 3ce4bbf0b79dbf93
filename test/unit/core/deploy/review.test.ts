import assert from 'node:assert/strict';
import { envText, decide, formOf } from '../../../../src/core/deploy/plan';
import type { CaseOptions } from './support';
import { answersFor, caseOf, folderOf } from './support';

type Options = CaseOptions & { files?: Record<string, string>; folders?: string[] };
const caseFor = (compose: string, options: Options = {}) =>
  caseOf(folderOf({ 'compose.yml': compose, ...options.files }, options.folders), options);
const findings = (compose: string, options: Options = {}) => formOf(caseFor(compose, options)).findings;
const find = (compose: string, id: string, options: Options = {}) => findings(compose, options).find((finding) => finding.id === id);
const service = (...lines: string[]) =>
  `services:\n  a:\n    image: x:1\n    restart: always\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('the review before publishing', () => {
  it('says nothing of a stack that is well made', () => {
    const compose =
      'services:\n  web:\n    image: nginx:1.27\n    restart: always\n    ports: ["80:80"]\n    healthcheck: {test: ["CMD", "true"]}\n';
    assert.deepEqual(findings(compose), []);
  });

  it('names file and line', () => {
    assert.equal(find(service('ports:', '  - 5432:5432'), 'port:a')?.where, 'compose.yml:6');
    assert.equal(find('services:\n  a:\n    image: x\n', 'unpinned')?.where, 'compose.yml:3');
  });

  it('tells what Compose would refuse, before anything is sent', () => {
    const [first] = findings('services:\n  a:\n    image: x:1\n    restart: always\n    volumes: [data:/data]\n    enviroment: {}\n');
    assert.equal(first?.severity, 'error');
    assert.match(first.message, /^compose\.yml cannot be used: line 6: Compose knows no enviroment/);
    assert.ok(findings(service('volumes: [data:/data]')).some(({ message }) => /the volume data, which/.test(message)));
  });

  it('judges nothing that waits for a value of the form', () => {
    assert.deepEqual(
      findings(service('ports: ["${PORT}:${INSIDE}"]', 'volumes: ["${DATA}:/data"]')).filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.match(find(service('ports: ["${PORT}:80"]'), 'fault:0', { files: { '.env': 'PORT=http\n' } })?.message ?? '', /http is no port/);
  });

  it('knows an administration page and Docker’s engine by image and by port', () => {
    const admin = 'services:\n  ui:\n    image: phpmyadmin:5\n    restart: always\n    ports: ["8080:80"]\n';
    assert.match(find(admin, 'port:ui')?.message ?? '', /administration page/);
    assert.match(find(service('ports: ["2375:2375"]'), 'port:a')?.message ?? '', /Docker’s engine/);
  });

  it('says once which ports no host firewall stops', () => {
    const compose =
      'services:\n  a: {image: x:1, restart: always, ports: [8080:80]}\n  b: {image: y:1, restart: always, ports: ["9090:90", "127.0.0.1:1:1"]}\n';
    assert.deepEqual(
      findings(compose).map(({ id, message }) => [id, message]),
      [['open', 'Published on all addresses: 8080 and 9090. ufw does not stop Docker’s ports; the cloud’s firewall does.']],
    );
  });

  describe('of passwords', () => {
    const shared =
      'services:\n  db:\n    image: x:1\n    restart: always\n    environment:\n      - POSTGRES_PASSWORD=example\n  app:\n    image: y:1\n    restart: always\n    environment: {DB_PASSWORD: example}\n';

    it('offers a new one in .env for a well-known one, the same for all who share it', () => {
      const deployCase = caseFor(shared);
      const { id, message } = formOf(deployCase).findings.find((finding) => finding.id === 'secret:db') ?? {};
      assert.match(message ?? '', /^db and app have a well-known password/);
      const answers = { ...answersFor(deployCase), fixes: [id ?? ''] };
      const plan = decide(deployCase, answers);
      const text = plan.files.get('compose.yml') ?? '';
      assert.match(text, /- "POSTGRES_PASSWORD=\$\{POSTGRES_PASSWORD\}"\n/);
      assert.match(text, /\{DB_PASSWORD: "\$\{POSTGRES_PASSWORD\}"\}/);
      const kept = plan.passwords.find(({ key }) => key === 'POSTGRES_PASSWORD')?.kept ?? '';
      assert.match(kept, /^[\w-]{24}$/);
      assert.match(envText(deployCase.lab, plan.values, new Map([['POSTGRES_PASSWORD', kept]])), /^POSTGRES_PASSWORD='?[\w-]{24}'?$/m);
      assert.ok(!JSON.stringify(plan.changes).includes(kept), 'the new password is masked');
    });

    it('keeps one that stands inside an address as well, and one whose data is there already', () => {
      const embedded = `${shared}    command: connect postgres://u:example@db\n`;
      for (const deployCase of [caseFor(embedded), caseFor(shared, { facts: { current: { id: '20261121-000000-aaaa' } } })]) {
        const plan = decide(deployCase, { ...answersFor(deployCase), fixes: ['secret:db'] });
        assert.equal(plan.passwords.find(({ key }) => key === 'POSTGRES_PASSWORD')?.kept, 'example');
      }
    });

    it('keeps the one that it made the last time', () => {
      const deployCase = caseFor(shared, { prior: 'POSTGRES_PASSWORD=made-before\n', facts: { current: { id: '20261121-000000-aaaa' } } });
      const plan = decide(deployCase, answersFor(deployCase));
      assert.equal(plan.passwords.find(({ key }) => key === 'POSTGRES_PASSWORD')?.kept, 'made-before');
    });

    it('leaves alone what is no secret, and never shows one', () => {
      const quiet = service(
        'environment: {PASSWORD_FILE: /run/s, TOKEN_TTL: 30, ALLOW_EMPTY_PASSWORD: "yes", A_SECRET: "${S}", SECRET: ""}',
      );
      assert.deepEqual(
        findings(quiet).filter(({ id }) => id.startsWith('secret')),
        [],
      );
      const told = findings(service('environment: {API_KEY: hunter2, OTHER_TOKEN: hunter3}'));
      assert.deepEqual(
        told.map(({ id }) => id),
        ['secret:a', 'secret:a:OTHER_TOKEN'],
      );
      assert.ok(!told.some(({ message }) => message.includes('hunter')));
    });
  });

  it('offers health checks for images that it knows, as lines beneath the image', () => {
    const finding = find('services:\n  db:\n    image: postgres:17 # pinned\n    restart: always\n', 'health');
    assert.equal(
      finding?.fix?.changes[0]?.after,
      'services:\n  db:\n    image: postgres:17 # pinned\n' +
        `    healthcheck:\n      test: ['CMD-SHELL', 'pg_isready -q -h 127.0.0.1 -U "$\${POSTGRES_USER:-postgres}"']\n` +
        '      interval: 10s\n      timeout: 5s\n      retries: 10\n      start_period: 30s\n    restart: always\n',
    );
    assert.equal(finding.fix.onByDefault, false);
    assert.equal(find('services: {db: {image: "redis:7", restart: always}}\n', 'health')?.fix, undefined);
  });

  it('offers nginx a check of the port that it publishes, and asks Caddy as it lets itself be asked', () => {
    const check = (lines: string) => find(`services:\n  web:\n    restart: always\n${lines}`, 'health')?.fix?.changes[0]?.after ?? '';
    assert.match(check('    image: nginx:alpine-slim\n    ports: ["80:8080"]\n'), /curl .* http:\/\/127\.0\.0\.1:8080\/ \|\| wget /);
    assert.match(check('    image: nginx\n'), /http:\/\/127\.0\.0\.1:80\//);
    // HEAD, which --spider sends, is answered with 405
    assert.match(check('    image: caddy:2\n'), /wget -q -O \/dev\/null http:\/\/127\.0\.0\.1:2019\/config\//);
  });

  it('warns of a wait for a health that nobody checks', () => {
    const compose =
      'services:\n  db:\n    image: redis:7\n    restart: always\n  app:\n    image: x:1\n    restart: always\n    depends_on: {db: {condition: service_healthy}}\n';
    const finding = find(compose, 'waits:db');
    assert.match(finding?.message ?? '', /^app waits until db is healthy/);
    assert.match(finding?.fix?.changes[0]?.after ?? '', /redis-cli ping/);
  });

  it('tells what stays down after a crash, but not what runs once', () => {
    const compose =
      'services:\n  once:\n    image: x:1\n  app:\n    image: y:1\n    depends_on: {once: {condition: service_completed_successfully}}\n';
    const finding = find(compose, 'restart');
    assert.match(finding?.message ?? '', /^app stays down/);
    assert.match(finding?.fix?.changes[0]?.after ?? '', /image: y:1\n {4}restart: unless-stopped\n/);
  });

  it('warns of services that have the machine', () => {
    const message = (...lines: string[]) => find(service(...lines), 'rights:a')?.message ?? '';
    assert.match(message('volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]'), /gets Docker’s socket/);
    assert.match(message('privileged: true', 'pid: host'), /privileged mode and the machine’s processes/);
    assert.match(message('cap_add: [NET_ADMIN, SYS_ADMIN]'), /the capability SYS_ADMIN:/);
    assert.match(message('volumes: ["/:/host"]'), /\/ of the machine, to write/);
    assert.equal(message('cap_add: [NET_BIND_SERVICE]', 'volumes: ["/:/host:ro"]'), '');
    assert.equal(find(service('network_mode: host'), 'host-network:a')?.severity, 'info');
  });

  it('finds what the folder does not bring', () => {
    const build = (context: string, folders: string[] = []) =>
      find(`services:\n  a: {build: "${context}"}\n`, 'build:a', { folders })?.message ?? '';
    assert.match(build('../app'), /lies outside the folder/);
    assert.match(build('./app'), /the folder does not have/);
    assert.equal(build('./app', ['app']), '');
    assert.equal(build('https://github.com/x/y.git'), '');
    assert.match(find(service('volumes: ["./site.conf:/etc/site.conf:ro"]'), 'lost:a')?.message ?? '', /empty folder/);
    assert.equal(find(service('volumes: ["./site.conf:/etc/site.conf:ro"]'), 'lost:a', { files: { 'site.conf': '' } }), undefined);
    const external = `${service('networks: [web]')}networks:\n  web: {external: true}\n`;
    assert.match(find(external, 'external:networks:web')?.message ?? '', /docker network create web/);
  });

  it('says what only a Swarm takes notice of, and replicas that want one port', () => {
    assert.match(
      find(service('deploy: {mode: global, placement: {constraints: [a]}}'), 'swarm')?.message ?? '',
      /placement and mode: global/,
    );
    assert.match(find(service('deploy: {replicas: 3}', 'ports: ["80:80"]'), 'replicas:a')?.message ?? '', /3 times/);
  });

  it('warns of private keys that would be uploaded', () => {
    assert.match(find(service(), 'keys', { files: { id_ed25519: '' } })?.message ?? '', /id_ed25519/);
  });

  it('gives a data folder to the user who writes into it', () => {
    const compose = 'services:\n  g:\n    image: grafana/grafana:11.0.0\n    restart: always\n    volumes: ["./data:/var/lib/grafana"]\n';
    const deployCase = caseFor(compose, { folders: ['data'] });
    assert.match(formOf(deployCase).findings[0]?.message ?? '', /another user than 472/);
    assert.equal(decide(deployCase, answersFor(deployCase)).seeds[0]?.uid, 472);
  });

  it('sees an override file, and changes the file that says it', () => {
    const files = { 'compose.override.yml': 'services:\n  db:\n    ports: ["5432:5432"]\n' };
    const finding = find('services:\n  db:\n    image: postgres:17\n    restart: always\n', 'port:db', { files });
    assert.deepEqual(
      finding?.fix?.changes.map(({ path, after }) => [path, after]),
      [['compose.override.yml', 'services:\n  db:\n    ports: ["127.0.0.1:5432:5432"]\n']],
    );
  });
});
