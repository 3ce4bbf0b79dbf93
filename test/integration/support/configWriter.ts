import { FilePersonConfig } from '../../../src/adapters/files/personConfig';
import { SkylabError } from '../../../src/core/errors';
import { ConfigEditor } from '../../../src/core/ssh/config/editor';
import { insertEntry } from '../../../src/core/ssh/config/edits';
import { placeFor } from '../../../src/core/ssh/config/placement';
import { splice } from '../../../src/core/ssh/config/splice';

/** A second window, as a process of its own: `configWriter HOME NAME COUNT` adds that many entries, says so after each, and begins anew where another was faster. */
async function main([home = '', name = '', count = '0']: string[]): Promise<void> {
  // what is asked of ssh is tested elsewhere: here the file counts
  const editor = new ConfigEditor(new FilePersonConfig(home, { system: `${home}/no-such-file` }), { ask: async () => undefined });
  for (let i = 0; i < Number(count);) {
    const tree = await editor.load();
    const root = tree.files.get(tree.root);
    if (root === undefined) throw new Error('there is no file');
    const header = `${name}-${i}`;
    const place = placeFor(root, `Host ${header}`);
    const entry = { kind: 'host', header, options: [{ keyword: 'HostName', value: '192.0.2.1' }] } as const;
    const after = splice(root.text, [insertEntry(root.document, place.offset, entry)]);
    try {
      await editor.apply(await editor.propose(tree, tree.root, after, { after: place.index }));
    } catch (error) {
      if (error instanceof SkylabError && error.code === 'FileChanged') continue;
      throw error;
    }
    i++;
    process.send?.(header);
  }
  process.disconnect();
}

void main(process.argv.slice(2));
