import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Block, ConfigDocument } from '../../../../../src/core/ssh/config/document';
import { parseConfig } from '../../../../../src/core/ssh/config/document';
import {
  addDirective,
  commentText,
  insertEntry,
  removeDirective,
  removeEntry,
  renderHeader,
  renderValue,
  setComment,
  setDirective,
  setHeader,
} from '../../../../../src/core/ssh/config/edits';
import { sectionOwner } from '../../../../../src/core/ssh/config/layout';
import { moveUp, placeFor } from '../../../../../src/core/ssh/config/placement';
import type { Splice } from '../../../../../src/core/ssh/config/splice';
import { splice } from '../../../../../src/core/ssh/config/splice';
import { ConfigFile } from '../../../../../src/core/ssh/config/tree';
import { shownText, storedText } from '../../../../../src/core/ssh/config/words';

const entry = (header: string, ...options: [string, string][]) => ({
  kind: 'host' as const,
  header,
  options: options.map(([keyword, value]) => ({ keyword, value })),
});

function changed(text: string, change: (document: ConfigDocument, block: Block) => Splice, at = 1): string {
  const document = parseConfig(text);
  const block = document.blocks[at];
  assert.ok(block);
  return splice(text, [change(document, block)]);
}

function added(text: string, header: string): string {
  const document = parseConfig(text);
  const { offset } = placeFor(new ConfigFile('/c', document, new Map()), `Host ${header}`);
  return splice(text, [insertEntry(document, offset, entry(header, ['User', 'ada']))]);
}

describe('a change of an ssh configuration', () => {
  it('keeps indent, spelling, separator and the comment at the end of the line', () => {
    const text = 'host web\r\n\tHOSTNAME = "old"  # the old one\r\n\tPort=22\r\n';
    const set = (document: ConfigDocument, block: Block): Splice => {
      const directive = block.directives[0];
      assert.ok(directive);
      return setDirective(directive, 'new.example.org');
    };
    assert.equal(changed(text, set), 'host web\r\n\tHOSTNAME = new.example.org  # the old one\r\n\tPort=22\r\n');
  });

  it('writes a new line as its neighbors are written', () => {
    const add = (document: ConfigDocument, block: Block): Splice => addDirective(document, block, { keyword: 'user', value: 'ada' });
    assert.equal(
      changed('Host web\r\n\tPort=22\r\n\r\n# next\r\nHost db\r\n', add),
      'Host web\r\n\tPort=22\r\n\tUser=ada\r\n\r\n# next\r\nHost db\r\n',
    );
    assert.equal(changed('Host web\n  Port 22', add), 'Host web\n  Port 22\n  User ada', 'a last line without a line break');
    assert.equal(
      changed('Host web\n  Port 22\n  Include more\n', add),
      'Host web\n  Port 22\n  User ada\n  Include more\n',
      'before an Include',
    );
  });

  it('puts a new entry before the pattern that would win over it, above that one’s comment', () => {
    assert.equal(
      added('Host db\n  Port 1\n\n# everyone\nHost *\n  User root\n', 'web'),
      'Host db\n  Port 1\n\nHost web\n  User ada\n\n# everyone\nHost *\n  User root\n',
    );
  });

  it('puts a new entry at the end where nothing would win, on a line of its own', () => {
    assert.equal(added('Host db\n  Port 1', 'web'), 'Host db\n  Port 1\n\nHost web\n  User ada\n');
    assert.equal(added('', 'web'), 'Host web\n  User ada\n');
    assert.equal(added('Host *.lab\n  User s\n', 'web'), 'Host *.lab\n  User s\n\nHost web\n  User ada\n');
  });

  it('puts nothing into a section that another program keeps', () => {
    const section = '# ---START-CODER---\n# managed by coder\nHost coder.* *\n  User root\n# ---END-CODER---\n';
    assert.equal(added(section, 'web'), `Host web\n  User ada\n\n${section}`);
    const document = parseConfig(section);
    assert.match(sectionOwner(document, document.blocks[1] ?? assert.fail()) ?? '', /START CODER/);
    assert.equal(
      changed(section, (inside, block) => removeEntry(inside, block)),
      '# ---START-CODER---\n# managed by coder\n# ---END-CODER---\n',
      'the frame stays',
    );
  });

  it('takes an entry away with its comment and the empty line after it', () => {
    const text = '# top\n\n# web\nHost web\n  Port 1\n\n# db\nHost db\n  Port 2\n';
    assert.equal(changed(text, removeEntry), '# top\n\n# db\nHost db\n  Port 2\n');
    assert.equal(changed(text, removeEntry, 2), '# top\n\n# web\nHost web\n  Port 1\n');
  });

  it('changes names and comments, and nothing else', () => {
    const text = '# caf\u00e9\n\n# old\nHost web # why\n  Port 1\n';
    assert.equal(
      changed(text, (_document, block) => setHeader(block, 'web *.web')),
      '# caf\u00e9\n\n# old\nHost web *.web # why\n  Port 1\n',
    );
    assert.equal(
      changed(text, (document, block) => setComment(document, block, 'new\nlines')),
      '# caf\u00e9\n\n# new\n# lines\nHost web # why\n  Port 1\n',
    );
    assert.equal(
      changed(text, (document, block) => setComment(document, block, '')),
      '# caf\u00e9\n\nHost web # why\n  Port 1\n',
    );
    const document = parseConfig(text);
    assert.equal(commentText(document, document.blocks[1] ?? assert.fail()), 'old');
  });

  it('moves an entry with its comment to where it wins', () => {
    const file = new ConfigFile('/c', parseConfig('Host *\n  User root\n\n# mine\nHost web\n  User ada\n'), new Map());
    assert.equal(moveUp(file, 2)?.after, '# mine\nHost web\n  User ada\n\nHost *\n  User root\n');
    assert.equal(moveUp(file, 1), undefined, 'it stands there already');
  });

  it('leaves every line of other entries as it is, whatever they hold', () => {
    const line = fc.constantFrom(
      '  User x',
      '\tPort=22',
      '# \u00ff\u00fe bytes',
      '',
      '   ',
      'Compression "yes" # c',
      '  LocalCommand echo "#"',
      '\u000c',
    );
    const block = fc.tuple(fc.constantFrom('a', 'b', '*.x', '* !a'), fc.array(line, { maxLength: 4 }));
    const newline = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(block, newline), { minLength: 1, maxLength: 5 }),
        fc.nat(4),
        fc.boolean(),
        (blocks, which, unfinished) => {
          let text = blocks.map(([[header, lines], end]) => [`Host ${header}`, ...lines].map((one) => one + end).join('')).join('');
          if (unfinished) text = text.replace(/\r?\n$/, '');
          const document = parseConfig(text);
          const at = 1 + (which % blocks.length);
          const subject = document.blocks[at];
          assert.ok(subject);
          const changes: Splice[] = [
            addDirective(document, subject, { keyword: 'User', value: 'new' }),
            setHeader(subject, 'c'),
            ...subject.directives.slice(0, 1).flatMap((one) => [setDirective(one, 'yes'), removeDirective(document, one)]),
          ];
          for (const change of changes) {
            const next = parseConfig(splice(text, [change]));
            assert.equal(next.blocks.length, document.blocks.length, 'no entry comes or goes');
            for (const other of document.blocks) {
              if (other === subject) continue;
              const same: Block | undefined = next.blocks[other.index];
              const of = (source: ConfigDocument, one: Block | undefined): string =>
                source.text.slice(one?.start, one?.end).replace(/\r?\n$/, '');
              assert.equal(of(next, same), of(document, other));
            }
          }
        },
      ),
    );
  });
});

describe('a value that a person types', () => {
  it('cannot break out of its line', () => {
    for (const value of ['x\nProxyCommand evil', 'x\r\nHost *', 'x\0', 'a"b', "it's\ninjected"]) {
      assert.throws(() => renderValue({ keyword: 'User', value }), { code: 'BadConfigValue' }, JSON.stringify(value));
    }
    assert.throws(() => renderValue({ keyword: 'ProxyCommand', value: 'nc %h\nHost *' }), { code: 'BadConfigValue' });
    assert.throws(() => renderHeader('host', 'web\nHost *'), { code: 'BadConfigValue' });
    assert.throws(() => renderHeader('match', 'host web\n  User root'), { code: 'BadConfigValue' });
    assert.throws(() => renderHeader('match', 'hots web'), { message: /Match knows no “hots”/ });
  });

  it('is read back by ssh as it was typed', () => {
    const path = fc.stringMatching(/^[~/][A-Za-z0-9 #='._\u00e4-]{1,20}[A-Za-z0-9]$/);
    fc.assert(
      fc.property(path, (value) => {
        const text = `IdentityFile ${renderValue({ keyword: 'IdentityFile', value })}\n`;
        assert.equal(shownText(parseConfig(text).blocks[0]?.directives[0]?.value ?? ''), value);
        assert.equal(parseConfig(text).blocks[0]?.directives[0]?.words.length, 1);
      }),
    );
    assert.equal(renderValue({ keyword: 'ProxyCommand', value: 'nc -x "a b" %h %p # all of it' }), 'nc -x "a b" %h %p # all of it');
    assert.equal(renderValue({ keyword: 'LocalForward', value: '8888  localhost:8888' }), '8888 localhost:8888');
    assert.equal(renderValue({ keyword: 'User', value: 'zo\u00eb' }), storedText('zo\u00eb'));
  });
});
