import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { IgnoreFile } from '../../../../src/core/transfer/ignore';
import { IgnoreRules, isComposeFile, neededByCompose } from '../../../../src/core/transfer/ignore';

describe('what .gitignore leaves out', function () {
  this.timeout(30_000);
  let repo = '';
  beforeEach(() => {
    repo = mkdtempSync(path.join(tmpdir(), 'skylab-ignore-'));
    execFileSync('git', ['init', '-q', repo]);
  });
  afterEach(() => rmSync(repo, { recursive: true, force: true }));

  const plant = (paths: readonly string[]): void => {
    for (const one of paths) {
      mkdirSync(path.dirname(path.join(repo, one)), { recursive: true });
      writeFileSync(path.join(repo, one), '');
    }
  };
  /** Which of these files git leaves out. */
  const byGit = (files: readonly { folder: string; text: string }[], paths: readonly string[]): string[] => {
    for (const { folder, text } of files) writeFileSync(path.join(repo, folder, '.gitignore'), text);
    const asked = spawnSync('git', ['-C', repo, '-c', 'core.excludesFile=/dev/null', 'check-ignore', '--no-index', '-z', '--stdin'], {
      input: paths.map((one) => `${one}\0`).join(''),
      encoding: 'utf8',
    });
    assert.ok(asked.status === 0 || asked.status === 1, asked.stderr);
    return asked.stdout.split('\0').filter((one) => one !== '');
  };
  const byUs = (files: readonly { folder: string; text: string }[], paths: readonly string[]): string[] => {
    const rules = new IgnoreRules(files.map((file): IgnoreFile => ({ ...file, name: '.gitignore' })));
    return paths.filter((one) => rules.ignores(one, false));
  };

  it('is what git says, for the patterns that people write', () => {
    const text = [
      '# comment',
      '',
      'node_modules/',
      '*.pyc',
      '/build',
      'docs/*.txt',
      '!docs/keep.txt',
      '**/cache',
      'a/**/z',
      'logs/**',
      '!logs/x/keep',
      'foo\\ ',
      'trail   ',
      '\\#odd',
      '\\!odd',
      '[abc].dat',
      '[!abc].bin',
      '[a-c]x',
      '*.[oa]',
      'sp ace',
      '.env',
      '/*.md',
      'é?',
      'ab**cd',
      '[[:digit:]]n',
      'q[',
      '[]]x',
      'end\\',
    ].join('\n');
    const names = [
      'node_modules/a/b.js',
      'src/node_modules/x',
      'x.pyc',
      'a/b/x.pyc',
      'build',
      'src/build',
      'docs/a.txt',
      'docs/keep.txt',
      'docs/sub/a.txt',
      'x/cache',
      'cache/y',
      'a/z',
      'a/b/z',
      'a/b/c/z',
      'logs/a',
      'logs/x/keep',
      'foo ',
      'foo',
      'trail',
      'trail   ',
      '#odd',
      '!odd',
      'a.dat',
      'd.dat',
      'a.bin',
      'd.bin',
      'bx',
      'dx',
      'lib.o',
      'sp ace',
      '.env',
      'sub/.env',
      'top.md',
      'sub/in.md',
      'éa',
      'éé',
      'abXcd',
      'ab/cd',
      '7n',
      'xn',
      'q[',
      ']x',
      'end\\',
      'end',
    ];
    const paths = names.filter((one) => !names.some((other) => other.startsWith(`${one}/`)));
    plant(paths);
    for (const eol of ['\n', '\r\n']) {
      const files = [{ folder: '', text: text.replaceAll('\n', eol) }];
      assert.deepEqual(byUs(files, paths), byGit(files, paths));
    }
  });

  it('is what git says, for any patterns in the folder and in one below', () => {
    const part = fc.constantFrom(
      'a',
      'b',
      'c',
      'ab',
      '*',
      '?',
      '**',
      'a*',
      '*b',
      '[ab]',
      '[!a]',
      '[a-b]c',
      '\\a',
      '[^b]*',
      '[[:alpha:]]',
      '***',
      '[a',
      'b-',
      '[b-a]',
      '[]-a]',
    );
    const line = fc
      .tuple(
        fc.constantFrom('', '!', '/', '!/', '**/'),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '/', ' ', '/**', '/*'),
      )
      .map(([head, parts, tail]) => `${head}${parts.join('/')}${tail}`);
    const text = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`);
    const names = ['a', 'b', 'c', 'ab', 'bc', 'a-', 'b-'];
    const paths = names.flatMap((one) => names.flatMap((two) => [`${one}/${two}/x`, `${one}/${two}/a`, `${one}/b.`, `${one}/${two}/ab`]));
    plant(paths);
    fc.assert(
      fc.property(text, text, (above, below) => {
        const files = [
          { folder: '', text: above },
          { folder: 'a', text: below },
        ];
        assert.deepEqual(byUs(files, paths), byGit(files, paths));
      }),
      { numRuns: 150 },
    );
  });
});

describe('what .skylabignore says', () => {
  it('wins over .gitignore, both ways', () => {
    const rules = new IgnoreRules([
      { folder: '', name: '.gitignore', text: '*.env\ndata/\n' },
      { folder: '', name: '.skylabignore', text: '!lab.env\n!data/\n*.ipynb\n' },
    ]);
    assert.deepEqual(
      ['lab.env', 'other.env', 'data/x.csv', 'a/b.ipynb', 'a/b.py'].filter((one) => rules.ignores(one, false)),
      ['other.env', 'a/b.ipynb'],
    );
    assert.equal(rules.ignores('.git/config', false), true);
    assert.equal(rules.ignores('.github/x', false), false);
  });
});

describe('what a Compose file needs', () => {
  it('is the .env beside it and the files that it names', () => {
    const text = 'services:\n  web:\n    env_file:\n      - ./web.env\n      - conf/.env.prod\n';
    assert.equal(isComposeFile('compose.yml') && isComposeFile('docker-compose.override.yaml'), true);
    assert.equal(isComposeFile('composer.json'), false);
    assert.deepEqual(
      ['.env', 'web.env', 'conf/.env.prod', '.env.dev', 'data.csv'].filter((name) => neededByCompose(name, [text])),
      ['.env', 'web.env', 'conf/.env.prod'],
    );
    assert.equal(neededByCompose('.env', []), false);
  });
});
