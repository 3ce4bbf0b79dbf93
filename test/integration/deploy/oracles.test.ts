import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { decide, envText } from '../../../src/core/deploy/plan';
import { mentions } from '../../../src/core/deploy/interpolation';
import { answersFor, caseOf, composeOf } from '../../unit/core/deploy/support';
import { composeConfig, findCompose, skipWithoutCompose } from '../support/compose';
import { courseLab, hasCourseLab, sampleLab } from './bed';

/** A bcrypt hash of "correct horse". */
const HASH = '$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG';

interface Service {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly { readonly target: number; readonly published?: string; readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
}

describe('what would be uploaded', function () {
  this.timeout(30_000);
  const compose = findCompose() ?? '';
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skylab-oracle-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, root] of [
    ['the sample lab', sampleLab],
    ...(hasCourseLab ? [['a real course’s folder', courseLab] as const] : []),
  ] as const) {
    it(`of ${name} means to Compose and Caddy what Skylab says that it does`, async function () {
      skipWithoutCompose(this);
      const deployCase = caseOf(await new DiskLabFolderReader().read(root));
      const key = deployCase.fields.find((field) => field.hashed)?.key ?? '';
      const plan = decide(deployCase, answersFor(deployCase, { [key]: 'correct horse' }));
      cpSync(root, folder, { recursive: true });
      for (const [path, text] of plan.files) writeFileSync(join(folder, path), text);
      writeFileSync(join(folder, '.env'), envText(deployCase.lab, plan.values, new Map([[key, HASH]])));
      const answer = composeConfig(compose, folder);
      assert.ok('config' in answer, JSON.stringify(answer));
      const services = answer.config.services as Readonly<Record<string, Service>>;
      const parsed = composeOf(plan.files.get('compose.yml') ?? '').services;
      assert.deepEqual(Object.keys(services).sort(), parsed.map((service) => service.name).sort());
      for (const { name: service, image, ports, mounts } of parsed) {
        const real = services[service];
        assert.equal(real?.image, image?.value);
        assert.deepEqual(
          (real?.ports ?? []).map((port) => [port.published, String(port.target)]),
          ports.map((port) => [port.published, port.target]),
        );
        assert.deepEqual(
          (real?.volumes ?? []).filter((volume) => volume.type === 'bind').map((volume) => [volume.source, volume.target]),
          mounts
            .map((mount) => [join(folder, mount.source.startsWith('/') ? '' : mount.source), mount.target])
            .map(([source, target], index) => [mounts[index]?.source.startsWith('/') ? mounts[index].source : source, target]),
        );
      }
      const environment = Object.fromEntries(
        Object.entries(services['caddy']?.environment ?? {}).map(([variable, value]) => [
          variable,
          (value ?? '').replaceAll('$$', () => '$'),
        ]),
      );
      assert.equal(environment[key], HASH);
      assert.equal(environment['DOMAIN'], 'ada.localhost');
      const adapted = spawnSync('caddy', ['adapt', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
        env: { PATH: process.env['PATH'], HOME: folder, ...environment },
        encoding: 'utf8',
      });
      assert.equal(adapted.status, 0, adapted.stderr);
      assert.match(adapted.stdout, /"host":\["ada\.localhost"\]/);
      // older versions of Caddy write the hash in base64
      const forms = [HASH, Buffer.from(HASH).toString('base64')];
      assert.ok(
        forms.some((form) => adapted.stdout.includes(`"password":"${form}"`)),
        'Caddy reads the hash as it was made',
      );
      assert.ok(adapted.stdout.includes(`"username":"${plan.protection?.user ?? ''}"`));
    });
  }

  it('has its variables found as Compose fills them in', function () {
    skipWithoutCompose(this);
    const text =
      'services:\n  a:\n    image: x\n    environment:\n      R: "$A ${B} ${C:-dc} ${D-dd} ${E:-${F:-df}} $$G $${H} ${I:+set}"\n';
    writeFileSync(join(folder, 'compose.yml'), text);
    const found = composeOf(text).mentions.map((mention) => mention.name);
    assert.deepEqual(found, ['A', 'B', 'C', 'D', 'E', 'F', 'I']);
    writeFileSync(join(folder, '.env'), found.map((name) => `${name}='<${name}>'\n`).join(''));
    const answer = composeConfig(compose, folder);
    assert.ok('config' in answer, JSON.stringify(answer));
    assert.equal(
      answer.config.services['a']?.environment?.['R']?.replaceAll('$$', () => '$'),
      '<A> <B> <C> <D> <E> $G ${H} set',
    );
    assert.deepEqual(mentions('$$G $${H}'), []);
  });
});
