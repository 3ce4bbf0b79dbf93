import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../editor/bed';
import type { Bed } from './bed';

/** Runs a shell script on a machine as whoever was given its key. @returns what it prints */
export function onMachine({ home }: Pick<Bed, 'home'>, address: string, script: string, input?: Buffer): string {
  const key = path.join(home, '.ssh/lab_key');
  const options = ['-F', 'none', '-i', key, '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
  return execFileSync('ssh', ['-q', ...options, `admin@${address}`, script], { encoding: 'utf8', input: input ?? '' }).trim();
}

/** A git server on the machine with a small Django project, of two commits; the first one is the tag `one`. */
export function serveProject(bed: Bed, address: string): void {
  const packed = execFileSync('tar', ['-C', path.join(root, 'test/fixtures/django-site'), '-cz', '--exclude=__pycache__', '.']);
  onMachine(bed, address, 'mkdir site && tar -xz -C site', packed);
  onMachine(
    bed,
    address,
    `set -e; sudo install -d -o admin /srv/git; cd site
git init -q -b main; git config user.name Ada; git config user.email ada@example.org
git add -A; git commit -qm Polls; git tag one; echo '# later' >>manage.py; git commit -qam 'Later polls'
git init -q --bare -b main /srv/git/site.git; git remote add origin /srv/git/site.git; git push -q --tags -u origin main
git daemon --base-path=/srv/git --export-all --detach --listen=127.0.0.1 --reuseaddr`,
  );
}

/** The folder of someone who deploys the project. @param ref what of it is deployed */
export function writeAppFolder(folder: string, ref: string): void {
  mkdirSync(folder, { recursive: true });
  const app = `name: site
source: { git: "git://127.0.0.1/site.git", ref: ${ref} }
build: [pip install --no-compile -r requirements.txt, python manage.py collectstatic --noinput]
migrations: { pending: python manage.py showmigrations --plan, run: python manage.py migrate --noinput }
web: { gunicorn: config.wsgi:application, workers: 1, timeout: 30 }
workers:
  - { name: watch, command: "python manage.py watch", signal: SIGINT, jobSeconds: 5 }
proxy: { kind: caddy, domain: "\${SITE_DOMAIN}", https: false }
static: { url: /static/, folder: staticfiles }
shared: [data]
health: { path: /, status: 200, seconds: 60 }
`;
  writeFileSync(path.join(folder, 'skylab-app.yaml'), app);
  writeFileSync(path.join(folder, '.env'), 'SITE_DOMAIN=site.example.org\nSECRET_KEY=only-for-tests\nDEBUG=False\n');
}
