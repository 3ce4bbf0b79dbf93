import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MachineKey } from '../../../src/core/cloud/model';
import { decodeName } from '../../../src/core/transfer/names';
import { addressPath, authorityOf, keyOf, pathOfAddress } from '../../../src/ui/model/fileAddress';
import { modeText, octal, parseMode } from '../../../src/ui/model/fileMode';

describe('the address of a machine’s file in the editor', () => {
  it('names the machine in lower case, readably where that is possible, and leads back to it', () => {
    assert.equal(authorityOf('given/lab-7' as MachineKey), 'given+lab-7');
    assert.equal(authorityOf('3f2a/i-0abc' as MachineKey), '3f2a+i-0abc');
    assert.notEqual(authorityOf('given/Lab' as MachineKey), authorityOf('given/lab' as MachineKey));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const authority = authorityOf(text as MachineKey);
        assert.match(authority, /^[a-z0-9._+-]*$/);
        assert.equal(keyOf(authority), text);
      }),
    );
  });

  it('holds any name of a file, bytes that are no text too, and gives each back whole', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const path = decodeName(Buffer.from(bytes));
        const address = addressPath(path);
        assert.ok(!/\p{Surrogate}/u.test(address));
        // what the editor does to it
        assert.equal(decodeURIComponent(encodeURIComponent(address)), address);
        assert.equal(pathOfAddress(address), path);
      }),
      { examples: [[Uint8Array.from([0xff])], [Uint8Array.from(Buffer.from('\uf0ff'))], [Uint8Array.from(Buffer.from('é😀'))]] },
    );
  });
});

describe('permissions as people type them', () => {
  it('are octal or as ls shows them', () => {
    assert.equal(parseMode('640'), 0o640);
    assert.equal(parseMode(' 2755 '), 0o2755);
    assert.equal(parseMode('rw-r-----'), 0o640);
    assert.equal(parseMode('rwsr-xr-t'), 0o5755);
    for (const wrong of ['', '8', '64', '888', 'rw-', 'rwxrwxrwxr', 'xwr------']) assert.equal(parseMode(wrong), undefined, wrong);
    assert.equal(octal(0o7), '007');
  });

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat(0o7777), (mode) => {
        assert.equal(parseMode(octal(mode)), mode);
        assert.equal(parseMode(modeText(mode)), mode);
      }),
    );
  });
});
