import * as vscode from 'vscode';
import type { Area } from '../area';
import type { Handlers } from '../commands/registry';
import { FILES_SCHEME, keyOf, pathOfAddress } from '../model/fileAddress';
import { LazyBranch } from '../tree/lazyBranch';
import type { Ui } from '../ui';
import type { FileActions } from './actions';
import type { FilesBranch } from './filesBranch';
import { filesRow } from './filesRow';
import { LazyFileSystem } from './lazyFileSystem';

/** A machine's files: as rows below it, and as the editor's own. All of it is loaded when it is first needed. */
export function filesArea(ui: Ui): Area {
  const fileSystem = new LazyFileSystem(async () => new (await import('./fileSystem')).MachineFileSystem(ui.services));
  const actions = async (): Promise<FileActions> => {
    const module = await import('./actions');
    return new module.FileActions(ui, await branch.load(), await fileSystem.load());
  };
  const branch: LazyBranch<FilesBranch> = new LazyBranch(
    'files',
    async () =>
      new (await import('./filesBranch')).FilesBranch(ui.services, async (place, dropped) => (await actions()).take(place, dropped)),
    (machine) => filesRow(machine),
    () => false,
    async (machine, path, dropped) => (await branch.load()).drop(machine, path, dropped),
  );
  ui.machinesTree.addBranch(branch);
  const commands: Handlers = {
    'skylab.files.addToWorkspace': async (arg) => (await actions()).addToWorkspace(arg),
    'skylab.files.browse': async (arg) => (await actions()).browse(arg),
    'skylab.files.changePermissions': async (arg) => (await actions()).changePermissions(arg),
    'skylab.files.copyPath': async (arg) => (await actions()).copyPath(arg),
    'skylab.files.delete': async (arg) => (await actions()).remove(arg),
    'skylab.files.download': async (arg) => (await actions()).download(arg),
    'skylab.files.fetch': async (arg) => (await actions()).fetch(arg),
    'skylab.files.newFile': async (arg) => (await actions()).newFile(arg),
    'skylab.files.newFolder': async (arg) => (await actions()).newFolder(arg),
    'skylab.files.open': async (arg) => (await actions()).open(arg),
    'skylab.files.openFolder': async (arg) => (await actions()).openFolder(arg),
    'skylab.files.refresh': async (arg) => (await actions()).refresh(arg),
    'skylab.files.rename': async (arg) => (await actions()).rename(arg),
    'skylab.files.showMore': async (arg) => (await actions()).showMore(arg),
    'skylab.files.upload': async (arg) => (await actions()).upload(arg),
  };
  const scheme = vscode.workspace.registerFileSystemProvider(FILES_SCHEME, fileSystem, { isCaseSensitive: true });
  const touched = fileSystem.onDidChangeFile((changes) => {
    for (const { uri } of changes) {
      const machine = ui.services.machines.get(keyOf(uri.authority));
      if (machine) branch.loaded?.touched(machine, pathOfAddress(uri.path));
    }
  });
  return { commands, disposables: [vscode.Disposable.from(scheme, fileSystem, branch, touched)] };
}
