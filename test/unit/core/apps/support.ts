import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Schema } from '../../../../src/core/cloud/specs/schema';
import type { AppFolder } from '../../../../src/core/apps/model';
import { readApp } from '../../../../src/core/apps/read';

const repo = resolve(__dirname, '../../../..');
export const schema = JSON.parse(readFileSync(join(repo, 'schemas', 'app.schema.json'), 'utf8')) as Schema;

/** A small application's folder. @param more lines of the file */
export const folderOf = (more = '', proxy = 'caddy', env = 'SECRET_KEY=abcdefghij\nDEBUG=False\n'): AppFolder =>
  readApp(
    {
      app: `name: polls\nsource: { git: "https://git.example.org/polls.git" }\nweb: { gunicorn: config.wsgi:application, timeout: 30 }
proxy: { kind: ${proxy}, domain: polls.example.org }\nstatic: { url: /static/, folder: staticfiles }\nmedia: { url: /media/, folder: media }\n${more}`,
      env,
    },
    schema,
  );
