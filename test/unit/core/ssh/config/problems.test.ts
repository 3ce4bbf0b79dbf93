import assert from 'node:assert/strict';
import { parseConfig } from '../../../../../src/core/ssh/config/document';
import { keyProblems } from '../../../../../src/core/ssh/config/keyFiles';
import { depthProblems, fileProblems, orderProblems } from '../../../../../src/core/ssh/config/problems';
import { splice } from '../../../../../src/core/ssh/config/splice';
import type { ConfigTree } from '../../../../../src/core/ssh/config/tree';
import { ConfigFile } from '../../../../../src/core/ssh/config/tree';

const root = '/home/ada/.ssh/config';

function treeOf(
  text: string,
  mode = 0o600,
  includes: readonly (readonly [number, readonly string[]])[] = [],
): { tree: ConfigTree; file: ConfigFile } {
  const file = new ConfigFile(root, parseConfig(text), new Map(includes), mode);
  const tree: ConfigTree = { root, files: new Map([[root, file]]), localUser: 'ada', home: '/home/ada', unreadable: new Map() };
  return { tree, file };
}

async function told(text: string, mode?: number): Promise<string[]> {
  const { tree, file } = treeOf(text, mode);
  const all = [...(await fileProblems(file, tree)), ...(await orderProblems(file, tree)), ...depthProblems(tree)];
  return all.map(({ line, severity, message }) => `${line + 1} ${severity}: ${message}`);
}

describe('what is wrong in an ssh configuration', () => {
  it('is nothing in a sound one', async () => {
    assert.deepEqual(await told('IgnoreUnknown UseKeychain\nHost web\n  UseFoo no\n'.replace('UseFoo no', 'UseKeychain yes')), []);
    assert.deepEqual(await told('Host web\n  User ada\nHost *\n  User root\n  Port 2222 # ok\nMatch all\n  Include nothing\n'), []);
  });

  it('is what ssh refuses: keywords, values, quotes, conditions', async () => {
    assert.deepEqual(await told('Host web\n  HostNam x\n  Port 99999\n  Compression maybe\n  User\n  IdentityFile "x\nMatch hots web\n'), [
      '2 error: ssh knows no “HostNam”: it refuses the whole configuration; did you mean HostName?',
      '3 error: Port is a number from 1 to 65535',
      '4 error: Compression is one of yes, no',
      '5 error: User needs a value',
      '6 error: A quote is never closed',
      '7 error: Match knows no “hots”',
    ]);
  });

  it('is a byte order mark, and a file that others may write', async () => {
    const [mark, mode] = await told('\u00EF\u00BB\u00BFHost web\n', 0o666);
    assert.equal(mark, '1 error: The file begins with a byte order mark: ssh refuses it');
    assert.equal(mode, '1 error: Others may write this file (mode 666): ssh refuses it');
  });

  it('is a path with blanks that no quotes hold together', async () => {
    const { tree, file } = treeOf('Host web\n  IdentityFile ~/.ssh/my key\n');
    const [problem] = await fileProblems(file, tree);
    assert.ok(problem);
    assert.equal(problem.message, 'IdentityFile takes one path: put one with blanks in double quotes');
    assert.ok(problem.fix?.kind === 'splice');
    assert.equal(splice(file.text, [problem.fix.splice]), 'Host web\n  IdentityFile "~/.ssh/my key"\n');
    assert.deepEqual(await told('Include ~/my configs/all\n'), [
      '1 warning: Nothing is found here: a path with blanks has to stand in double quotes',
    ]);
  });

  it('is an option that an earlier line decides, with the line', async () => {
    assert.deepEqual(await told('Host *\n  User root\nHost web\n  User ada\n  Port 22\n'), [
      '4 warning: User has no effect for web: config:2 (Host *) sets it first',
    ]);
    assert.deepEqual(await told('User root\nHost web\n  User ada\n'), [
      '3 warning: User has no effect for web: config:1 (before all entries) sets it first',
    ]);
  });

  it('is an entry that is never reached', async () => {
    assert.deepEqual(await told('Host web\n  Port 1\nHost web\n  Port 2\n'), [
      '3 warning: web is never read here: config:2 (Host web) has decided everything before',
    ]);
  });

  it('is an Include that an entry has swallowed', async () => {
    assert.deepEqual(await told('Host web\n  Port 1\nInclude more/*\n'), [
      '3 warning: This Include belongs to the entry above it: it is read for web only',
    ]);
  });

  it('is a file that includes itself', () => {
    const { tree } = treeOf('Include config\n', 0o600, [[0, [root]]]);
    assert.deepEqual(
      depthProblems(tree).map(({ message }) => message),
      ['This file includes itself in a circle: ssh refuses it'],
    );
  });

  it('is a key that is missing or open to others, its tokens replaced for the host', async () => {
    const { tree, file } = treeOf(
      'Host web\n  HostName web.lab\n  IdentityFile ~/.ssh/%h\n  IdentityFile %d/open\n  IdentityFile none\n  IdentityFile ${KEYS}/x\n',
    );
    const looked: string[] = [];
    const found = await keyProblems(file, tree, async (path) => {
      looked.push(path);
      return path.endsWith('open') ? { kind: 'file', mode: 0o100644 & 0o7777 } : { kind: 'missing' };
    });
    assert.deepEqual(looked, ['/home/ada/.ssh/web.lab', '/home/ada/open']);
    assert.deepEqual(
      found.map(({ message }) => message),
      ['There is no key file ~/.ssh/%h', 'Others may read the key %d/open (mode 644): ssh refuses to use it'],
    );
  });
});
