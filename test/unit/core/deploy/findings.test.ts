import assert from 'node:assert/strict';
import { formOf } from '../../../../src/core/deploy/plan';
import type { CaseOptions } from './support';
import { caseOf, folderOf } from './support';

const findings = (compose: string, options: CaseOptions & { files?: Record<string, string>; folders?: string[] } = {}) =>
  formOf(caseOf(folderOf({ 'compose.yml': compose, ...options.files }, options.folders), options)).findings;
const find = (compose: string, id: string, options: Parameters<typeof findings>[1] = {}) =>
  findings(compose, options).find((finding) => finding.id === id);

describe('before publishing, the page', () => {
  it('offers quay.io for the frozen Jupyter images, quotes kept', () => {
    const finding = find('services:\n  j:\n    image: "docker.io/jupyter/scipy-notebook:x" # mine\n', 'image:j');
    assert.equal(finding?.fix?.changes[0]?.after, 'services:\n  j:\n    image: "quay.io/jupyter/scipy-notebook:x" # mine\n');
    assert.equal(find('services:\n  j: {image: quay.io/jupyter/base-notebook}\n', 'image:j'), undefined);
  });

  it('warns of a data store that the world could reach and closes it', () => {
    const finding = find("services:\n  db:\n    image: postgres:16\n    ports:\n      - 5432:5432\n      - '0.0.0.0:1:1'\n", 'port:db');
    assert.match(finding?.message ?? '', /data store/);
    assert.equal(
      finding?.fix?.changes[0]?.after,
      'services:\n  db:\n    image: postgres:16\n    ports:\n      - "127.0.0.1:5432:5432"\n      - \'127.0.0.1:1:1\'\n',
    );
    assert.equal(find('services:\n  db:\n    image: postgres:16\n    ports: ["127.0.0.1:5432:5432"]\n', 'port:db'), undefined);
    assert.equal(find('services:\n  web:\n    image: nginx:1\n    ports: ["80:80"]\n', 'port:web'), undefined);
  });

  it('warns of a notebook that is published past Caddy’s password', () => {
    const compose =
      'services:\n  j:\n    image: a:1\n    ports: ["8888:8888"]\n  caddy:\n    image: caddy:2\n    ports: ["443:443"]\n    environment: [H]\n';
    const files = { Caddyfile: 'a.localhost {\n basicauth {\n  bob {$H}\n }\n}\n' };
    assert.match(find(compose, 'port:j', { files })?.message ?? '', /past the password/);
    assert.equal(find(compose, 'port:caddy', { files }), undefined);
  });

  it('keeps what a container saves in the folder across deployments', () => {
    const compose =
      'services:\n  j:\n    image: jupyter:1\n    volumes:\n      - ./work:/work\n      - ./conf:/conf:ro\n      - ./Caddyfile:/etc/caddy/Caddyfile\n';
    const all = findings(compose, { files: { Caddyfile: ':80 {\n}\n' }, folders: ['work', 'conf'] }).filter(({ id }) =>
      id.startsWith('mount:'),
    );
    assert.deepEqual(
      all.map(({ id }) => id),
      ['mount:./work'],
    );
    assert.match(all[0]?.fix?.changes[0]?.after ?? '', /- \/home\/admin\/skylab\/lab\/data\/work:\/work\n/);
  });

  it('moves other people’s folders to this machine, related ones together', () => {
    const compose =
      'services:\n  a:\n    image: x:1\n    volumes: ["/home/cicf/data:/w", "/home/cicf/data/sub:/s", "/home/cicf/other:/o", "/var/run/docker.sock:/var/run/docker.sock"]\n';
    const after = findings(compose)
      .filter(({ id }) => id.startsWith('mount:'))
      .map(({ fix }) => /\/home\/admin[^:]*/.exec(fix?.changes[0]?.after ?? '')?.[0]);
    assert.deepEqual(after, ['/home/admin/skylab/lab/data', '/home/admin/skylab/lab/data/sub', '/home/admin/skylab/lab/data-other']);
    assert.deepEqual(
      findings(compose, { facts: { paths: ['/home/cicf/data', '/home/cicf/data/sub', '/home/cicf/other'] } }).filter(({ id }) =>
        id.startsWith('mount:'),
      ),
      [],
    );
  });

  it('finds a container name that another stack has, and a port that is taken', () => {
    const compose = 'services:\n  a:\n    image: x:1\n    container_name: proxy\n    ports: ["80:80"]\n';
    const taken = { facts: { containers: [{ name: 'proxy', project: 'older' }], listening: [22, 80] } };
    const finding = find(compose, 'container:a', taken);
    assert.equal(finding?.severity, 'error');
    assert.match(finding.fix?.changes[0]?.after ?? '', /container_name: lab-proxy\n/);
    assert.match(find(compose, 'ports-taken', taken)?.message ?? '', /port 80/);
    assert.equal(find(compose, 'container:a', { facts: { containers: [{ name: 'proxy', project: 'lab' }] } }), undefined);
  });

  it('warns of passwords written into the file and of loose images', () => {
    const all = findings(
      'services:\n  db:\n    image: mysql\n    environment:\n      MYSQL_PASSWORD: hunter2\n      MYSQL_ROOT_PASSWORD: ${ROOT}\n',
    );
    assert.match(all.find(({ id }) => id === 'secret:db')?.message ?? '', /^db has MYSQL_PASSWORD written into compose\.yml/);
    assert.ok(!JSON.stringify(all).includes('hunter2'));
    assert.match(all.find(({ id }) => id === 'unpinned')?.message ?? '', /mysql/);
    assert.equal(find('services:\n  a: {image: "localhost:5000/x:1.2"}\n  b: {image: "x@sha256:00"}\n', 'unpinned'), undefined);
  });

  it('says that a site without a password is open to all', () => {
    const compose = 'services:\n  caddy:\n    image: caddy:2\n    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]\n';
    assert.ok(find(compose, 'unprotected', { files: { Caddyfile: 'a.localhost {\n}\n' } }));
    assert.match(find(compose, 'caddy-variables', { files: { Caddyfile: '{$DOMAIN} {\n}\n' } })?.message ?? '', /DOMAIN/);
  });
});
