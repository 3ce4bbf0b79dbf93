import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../../src/core/clock';
import type { Schema } from '../../../src/core/cloud/specs/schema';
import type { AppFolder } from '../../../src/core/apps/model';
import { readApp } from '../../../src/core/apps/read';
import type { Plan, Task } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from '../deploy/bed';
import { run } from '../practice-cloud/lab';

const repo = resolve(__dirname, '../../..');
const schema = JSON.parse(readFileSync(join(repo, 'schemas', 'app.schema.json'), 'utf8')) as Schema;

/** A practice machine that fetches a small Django project from a git server. */
export class AppBed {
  private constructor(
    private readonly cloud: PracticeCloud,
    readonly bed: Bed,
    readonly upkeep: Upkeep,
  ) {}

  /** @param project folder of test/fixtures that the git server has at first */
  static async start(name: string, project = 'django-site', machineImage: 'django' | 'database' = 'django'): Promise<AppBed> {
    const cloud = await startPracticeCloud({ machineImage });
    const bed = await Bed.launch(cloud, name);
    const upkeep = new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: 'ada@laptop' });
    const made = new AppBed(cloud, bed, upkeep);
    const { stdout } = await run('sh', [
      '-c',
      `tar -C "$1" -cz --exclude=__pycache__ . | base64 -w0`,
      'sh',
      join(repo, 'test/fixtures', project),
    ]);
    await made.remote(`mkdir site && echo ${stdout} | base64 -d | tar -xz -C site
sudo install -d -o admin /srv/git && cd site && git init -q -b main && git config user.name Ada && git config user.email ada@example.org
git add -A && git commit -qm 'Polls' && git init -q --bare -b main /srv/git/site.git && git remote add origin /srv/git/site.git && git push -q -u origin main
git daemon --base-path=/srv/git --export-all --detach --listen=127.0.0.1 --reuseaddr`);
    return made;
  }

  async stop(): Promise<void> {
    this.bed.dispose();
    await this.cloud.stop();
  }

  async remote(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  }

  /** Changes the project and commits that. @returns the commit's hash */
  async commit(subject: string, script: string): Promise<string> {
    return this.remote(`set -e; cd site
${script}
git add -A; git commit -qm '${subject}'; git push -q; git rev-parse HEAD`);
  }

  /** What the world is told at a path of the site, and with which status. */
  async ask(path = '/', scheme = 'http', host = 'site.example.org'): Promise<{ status: number; body: string }> {
    const ports = ['80', '443'].flatMap((port) => ['--resolve', `${host}:${port}:127.0.0.1`]).join(' ');
    const out = await this.remote(`curl -sk ${ports} -w '\\n%{http_code}' ${scheme}://${host}${path} || true`);
    const cut = out.lastIndexOf('\n');
    return { status: Number(out.slice(cut + 1)), body: out.slice(0, Math.max(cut, 0)).trim() };
  }

  /** Does the task; fails the test where it fails. */
  async does<F>(task: Task<F>): Promise<{ plan: Plan; log: string }> {
    const proposal = await this.upkeep.propose(this.bed.machine, task);
    const operation = this.upkeep.start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return { plan: proposal.plan, log: operation.log.join('\n') };
  }

  /** Does the task, which has to fail. */
  async fails<F>(task: Task<F>): Promise<{ error: Error & { sentence?: string; code?: string }; log: string }> {
    const operation = this.upkeep.start(await this.upkeep.propose(this.bed.machine, task));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'failed', operation.log.join('\n'));
    assert.ok(error);
    return { error, log: operation.log.join('\n') };
  }
}

interface Wanted {
  proxy?: string;
  env?: string;
  more?: string;
  git?: string;
  /** The management command of its worker. */
  worker?: string;
}

/** The folder of someone who deploys the project. */
export function siteFolder({
  proxy = '{ kind: caddy, domain: "${SITE_DOMAIN}", https: false }',
  env = '',
  more = '',
  git = 'git://127.0.0.1/site.git',
  worker = 'watch',
}: Wanted = {}): AppFolder {
  const app = `
name: site
source: { git: "${git}" }
build:
  - pip install --no-compile -r requirements.txt
  - python manage.py collectstatic --noinput
check: python manage.py check --deploy
migrations: { pending: python manage.py showmigrations --plan, run: python manage.py migrate --noinput }
web: { gunicorn: config.wsgi:application, workers: 2, timeout: 5 }
workers:
  - { name: watch, command: "python manage.py ${worker}", signal: SIGINT, jobSeconds: 5 }
proxy: ${proxy}
static: { url: /static/, folder: staticfiles }
media: { url: /media/, folder: media }
shared: [data]
health: { path: /, status: 200, seconds: 15 }
${more}`;
  return readApp(
    { app, env: `SITE_DOMAIN=site.example.org\nSECRET_KEY='let me $in, it''s safe'\nDEBUG=False\n${env}`.replace("''s", 's') },
    schema,
  );
}

/** The folder of someone who deploys what test/fixtures/plain-site holds: one file, no framework. */
export function plainFolder({ git = 'git://127.0.0.1/site.git', hostKey = '', env = '', more = '' } = {}): AppFolder {
  const app = `
name: plain
source: { git: "${git}"${hostKey === '' ? '' : `, hostKey: "${hostKey}"`} }
build: [pip install --no-compile gunicorn]
web: { gunicorn: hello, workers: 1, timeout: 5 }
proxy: { kind: caddy, domain: site.example.org, https: false }
health: { seconds: 120 }
${more}`;
  return readApp({ app, env }, schema);
}
