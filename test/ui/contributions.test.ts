import assert from 'node:assert/strict';
import * as vscode from 'vscode';

interface Manifest {
  readonly contributes: {
    readonly commands?: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
    readonly menus?: Readonly<Record<string, readonly { readonly command?: string }[]>>;
  };
}

describe('the extension in the editor', () => {
  const extension = vscode.extensions.getExtension<unknown>('skylab.skylab');
  const contributes = (extension?.packageJSON as Manifest | undefined)?.contributes ?? {};
  const contributed = (contributes.commands ?? []).map(({ command }) => command).sort();

  it('is known to the editor and starts without an error', async () => {
    assert.ok(extension, 'the editor lists skylab.skylab');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('every command of the palette does something: it is registered', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributed.filter((command) => !registered.has(command)),
      [],
    );
  });

  it('every command that it registers has a title: it is contributed', async () => {
    // The editor itself registers "<view>.focus" and its like for each view; those are not the extension's.
    const ofViews = /\.(focus|open|resetViewLocation|removeView|toggleVisibility)$/;
    const own = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith('skylab.') && !ofViews.test(id));
    assert.deepEqual(
      own.filter((command) => !contributed.includes(command)),
      [],
    );
  });

  it('no menu item names a command that does not exist', () => {
    const named = Object.values(contributes.menus ?? {}).flatMap((items) => items.flatMap(({ command }) => command ?? []));
    assert.deepEqual(
      named.filter((command) => command.startsWith('skylab.') && !contributed.includes(command)),
      [],
    );
  });
});
