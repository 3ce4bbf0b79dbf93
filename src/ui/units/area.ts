import * as vscode from 'vscode';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import type { CommandId } from '../ids';
import type { Ui } from '../ui';
import { registerUnitLanguage } from './language';
import { UNIT_SCHEME } from './unitAddress';
import type { UnitFileSystem } from './unitFileSystem';
import { UnitsBranch } from './unitsBranch';

const onUnits = [
  'skylab.unit.clearFilter',
  'skylab.unit.disable',
  'skylab.unit.enable',
  'skylab.unit.filter',
  'skylab.unit.followJournal',
  'skylab.unit.journal',
  'skylab.unit.mask',
  'skylab.unit.refresh',
  'skylab.unit.reload',
  'skylab.unit.restart',
  'skylab.unit.start',
  'skylab.unit.status',
  'skylab.unit.stop',
  'skylab.unit.stopJournals',
  'skylab.unit.unmask',
] as const satisfies readonly CommandId[];

const onFiles = [
  'skylab.unit.change',
  'skylab.unit.edit',
  'skylab.unit.install',
  'skylab.unit.remove',
  'skylab.unit.removeChange',
  'skylab.unit.restore',
  'skylab.unit.security',
  'skylab.unit.show',
  'skylab.unit.verify',
] as const satisfies readonly CommandId[];

/** systemd on machines: their services below their rows, acts on them, and help with unit files. Loaded with the first use. */
export function unitsArea(ui: Ui): Area {
  const branch = new UnitsBranch(async (changed) => {
    const { UnitsModel } = await import('./unitsModel');
    return new UnitsModel(ui.services, changed);
  });
  ui.machinesTree.addBranch(branch);
  const found = vscode.languages.createDiagnosticCollection('skylab-systemd');
  const units = { ui, branch, found };
  const touched = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  let files: UnitFileSystem | undefined;
  const fileSystem = async (): Promise<UnitFileSystem> => {
    const { UnitFileSystem } = await import('./unitFileSystem');
    files ??= new UnitFileSystem(units, (events) => touched.fire(events));
    return files;
  };
  const refuse = (): never => {
    throw vscode.FileSystemError.NoPermissions();
  };
  const scheme = vscode.workspace.registerFileSystemProvider(
    UNIT_SCHEME,
    {
      onDidChangeFile: touched.event,
      watch: () => new vscode.Disposable(() => undefined),
      stat: async (uri) => (await fileSystem()).stat(uri),
      readFile: async (uri) => (await fileSystem()).readFile(uri),
      writeFile: async (uri, content) => (await fileSystem()).writeFile(uri, content),
      readDirectory: () => [],
      createDirectory: refuse,
      delete: refuse,
      rename: refuse,
    },
    { isCaseSensitive: true },
  );
  return {
    commands: {
      ...lazily(onUnits, async () => (await import('./commands')).unitCommands(ui, branch)),
      'skylab.unit.new': async (arg) => (await import('./newUnit')).newUnit(ui, arg),
      ...lazily(onFiles, async () => (await import('./fileCommands')).unitFileCommands(units)),
    },
    disposables: [
      vscode.Disposable.from(
        branch,
        found,
        scheme,
        touched,
        registerUnitLanguage(ui),
        vscode.workspace.onDidChangeTextDocument(({ document }) => found.delete(document.uri)),
        // what acts on a machine's units have changed is read anew where it is open
        branch.onDidChange(() => {
          for (const { uri, isDirty } of vscode.workspace.textDocuments) if (uri.scheme === UNIT_SCHEME && !isDirty) files?.forget(uri);
        }),
      ),
    ],
  };
}
