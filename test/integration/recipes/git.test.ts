import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { InstalledGit } from '../../../src/adapters/files/recipeGit';
import { Recipes } from '../../../src/core/recipes/recipes';
import { known, recipesRoot, schema } from '../../unit/core/recipes/support';

describe('recipes from a git repository', function () {
  this.timeout(20_000);
  let root: string;
  let origin: string;
  let said: string[];
  let recipes: Recipes;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', origin, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args]);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'skylab-git-'));
    origin = join(root, 'origin');
    mkdirSync(origin);
    git('init', '-q');
    cpSync(join(recipesRoot, 'jupyterlab'), join(origin, 'jupyterlab'), { recursive: true });
    git('add', '-A');
    git('commit', '-q', '-m', 'A recipe');
    said = [];
    const say = (line: string) => void said.push(line);
    const log = { debug: say, info: say, warn: say, error: say };
    const ports = { folders: new DiskRecipeFolders(), git: new InstalledGit(), random: known, log };
    recipes = new Recipes(ports, () => Promise.resolve(schema), recipesRoot, join(root, 'fetched'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('are shown with their commit and author before they are used, and make the same folder as those that ship', async () => {
    const fetched = await recipes.fetch(pathToFileURL(origin).href);
    assert.equal(fetched.author, 'Ada <ada@example.org>');
    assert.equal(fetched.commit, git('rev-parse', 'HEAD').toString().trim());
    assert.deepEqual(
      fetched.recipes.map(({ recipe }) => recipe.id),
      ['jupyterlab'],
    );
    await recipes.make(fetched.recipes[0]!, {}, join(root, 'lab'));
    assert.deepEqual(readdirSync(join(root, 'lab')).sort(), ['.env', 'Caddyfile', 'README.md', 'compose.yml', 'work']);
  });

  it('run nothing on this computer while they are fetched', async () => {
    const ran = join(root, 'ran');
    writeFileSync(join(origin, '.gitattributes'), '* filter=evil\n');
    mkdirSync(join(origin, 'hooks'));
    writeFileSync(join(origin, 'hooks/post-checkout'), `#!/bin/sh\ntouch ${ran}\n`);
    chmodSync(join(origin, 'hooks/post-checkout'), 0o755);
    writeFileSync(join(origin, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch ${ran}"\n`);
    git('add', '-A');
    git('commit', '-q', '-m', 'Traps');
    await recipes.fetch(pathToFileURL(origin).href);
    assert.ok(!existsSync(ran));
    for (const url of [
      `ext::sh -c "touch ${ran}"`,
      '--upload-pack=touch',
      '-x',
      '/etc',
      'http://example.org/x',
      'https://a:b@example.org/x',
    ]) {
      await assert.rejects(recipes.fetch(url), { code: 'BadAddress' }, url);
    }
    assert.ok(!existsSync(ran));
  });

  it('bring no link that leads out of their folder', async () => {
    symlinkSync('/etc/passwd', join(origin, 'jupyterlab', 'stolen'));
    git('add', '-A');
    git('commit', '-q', '-m', 'A link');
    const { recipes: found } = await recipes.fetch(pathToFileURL(origin).href);
    await recipes.make(found[0]!, {}, join(root, 'lab'));
    const made = await new DiskRecipeFolders().files(join(root, 'lab'));
    assert.equal(made.find(({ path }) => path === 'stolen')?.content.toString(), '/etc/passwd', 'the link is a text file');
  });

  it('that cannot be had are told in git’s own words, and leave nothing behind', async () => {
    await assert.rejects(recipes.fetch(pathToFileURL(join(root, 'nowhere')).href), /cannot be fetched: .*nowhere/);
    assert.deepEqual(readdirSync(join(root, 'fetched')), []);
  });

  it('and from own folders leave out what cannot be read, and say so in the log', async () => {
    const mine = join(root, 'mine', 'broken');
    mkdirSync(mine, { recursive: true });
    writeFileSync(join(mine, 'recipe.yaml'), 'id: [');
    assert.deepEqual(
      (await recipes.own([join(root, 'mine'), join(origin, 'jupyterlab')])).map(({ recipe }) => recipe.id),
      ['jupyterlab'],
    );
    assert.match(said.join('\n'), /mine are left out: .*broken\/recipe\.yaml:1/);
  });
});
