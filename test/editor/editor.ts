import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { manifest, root, testBed } from './bed';
import { onEarlyEnd, signalGroup } from './processes';

export type Settings = Readonly<Record<string, unknown>>;

export interface EditorOptions {
  /** HOME of the editor, its extension host and its terminals; the person's own when absent. */
  readonly home?: string;
  /** Further environment variables of the editor and its terminals. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** User settings on top of the quiet ones. */
  readonly settings?: Settings;
  /** How Skylab gets into the editor: a link to this folder (default), the packed .vsix, or not at all. */
  readonly extension?: 'link' | 'vsix' | 'none';
  /** Folders of further extensions to load. */
  readonly otherExtensions?: readonly string[];
  /** Loopback port; a free one by default. */
  readonly port?: number;
  /** Where settings, state and logs are kept; a folder of the run's own, removed at the end, by default. */
  readonly userDataDir?: string;
  /** Whether a signal ends this process and the editor with it (default); false for a program that handles signals itself. */
  readonly endOnSignals?: boolean;
  /** Further arguments for code-server. */
  readonly args?: readonly string[];
  /** Gets every line that the server prints. */
  readonly log?: (line: string) => void;
}

export interface Editor {
  readonly port: number;
  /** Address of the workbench, without a trailing slash. */
  readonly base: string;
  readonly logsDir: string;
  /** Everything that the server has printed. */
  output(): string;
  /** Resolves with the server's exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** Copies the editor's logs and the server's output into a folder. */
  saveLogs(dir: string): void;
  stop(): Promise<void>;
}

/** No welcome pages, tips, updates, telemetry or calls outside; text in terminals as DOM, so that tests can read it. */
const QUIET_SETTINGS: Settings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.editor.useModal': 'off',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.preferredDarkColorTheme': 'Dark Modern',
  'workbench.preferredLightColorTheme': 'Light Modern',
  // as on a desktop; a browser's default saves by itself a second after each change
  'files.autoSave': 'off',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.commandsToSkipShell': ['workbench.action.toggleLightDarkThemes'],
  'terminal.integrated.shellIntegration.decorationsEnabled': 'never',
};

/** A key for the tests, so that switching between light and dark leaves menus and inputs open. */
const TOGGLE_THEME = { key: 'ctrl+alt+shift+f8', command: 'workbench.action.toggleLightDarkThemes' } as const;

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;

/** A loopback port that is free now; with a wanted one, that one, or a rejection when something has it. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Starts VS Code's workbench (code-server) on a loopback port and waits until it answers. */
export async function startEditor(options: EditorOptions = {}): Promise<Editor> {
  const bed = testBed().editor;
  if (!bed) throw new Error('The test editor is not installed: run `npm run test:ui` once.');
  const run = mkdtempSync(path.join(os.tmpdir(), 'skylab-editor-'));
  const userData = options.userDataDir ?? path.join(run, 'user-data');
  const extensions = path.join(run, 'extensions');
  const settingsFile = path.join(userData, 'User/settings.json');
  mkdirSync(path.dirname(settingsFile), { recursive: true });
  mkdirSync(extensions, { recursive: true });
  const saved = existsSync(settingsFile) ? (JSON.parse(readFileSync(settingsFile, 'utf8')) as Settings) : {};
  writeFileSync(settingsFile, `${JSON.stringify({ ...QUIET_SETTINGS, ...saved, ...options.settings }, null, 2)}\n`);
  writeFileSync(path.join(userData, 'User/keybindings.json'), `${JSON.stringify([TOGGLE_THEME])}\n`);
  writeFileSync(path.join(run, 'config.yaml'), '{}\n');
  const environment = editorEnvironment(run, options);
  await addExtension(options.extension ?? 'link', { bed, extensions, userData, environment });

  for (const folder of options.otherExtensions ?? []) symlinkSync(folder, path.join(extensions, path.basename(folder)), 'dir');

  const port = options.port ?? (await freePort());
  const child = spawn(
    bed.node,
    [
      bed.entry,
      ...['--config', path.join(run, 'config.yaml'), '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override'],
      ...['--disable-proxy', '--ignore-last-opened', '--user-data-dir', userData, '--extensions-dir', extensions],
      ...(options.args ?? []),
    ],
    // A group of its own: the server's children (extension host, terminals) end with it.
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const line of text.split('\n').filter(Boolean)) options.log?.(line);
    });
  }
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const removeRun = (): void => rmSync(run, { recursive: true, force: true, maxRetries: 5 });
  const forget = onEarlyEnd(
    () => {
      signalGroup(child, 'SIGKILL');
      removeRun();
    },
    { signals: options.endOnSignals ?? true },
  );
  const logsDir = path.join(userData, 'logs');
  const editor: Editor = {
    port,
    base: `http://127.0.0.1:${port}`,
    logsDir,
    output: () => output,
    exited,
    saveLogs(dir) {
      mkdirSync(dir, { recursive: true });
      writeFileSync(path.join(dir, 'code-server.log'), output);
      if (existsSync(logsDir)) cpSync(logsDir, path.join(dir, 'editor-logs'), { recursive: true });
    },
    async stop() {
      signalGroup(child, 'SIGTERM');
      const ended = await Promise.race([exited.then(() => true), delay(STOP_LIMIT_MS).then(() => false)]);
      signalGroup(child, 'SIGKILL');
      if (!ended) await exited;
      forget();
      removeRun();
    },
  };
  try {
    await answering(editor, () => child.exitCode ?? child.signalCode);
  } catch (error) {
    await editor.stop();
    throw error;
  }
  return editor;
}

/** What the editor inherits: no variable of an editor around it, and with a HOME of its own nothing that points past it. */
function editorEnvironment(run: string, { home, extraEnv }: EditorOptions): NodeJS.ProcessEnv {
  const editors = /^(VSCODE_|ELECTRON_|CODE_SERVER_|PORT$|PASSWORD$|HASHED_PASSWORD$|NODE_OPTIONS$)/;
  const personal = /^(AWS_|SSH_AUTH_SOCK$|SSH_AGENT_PID$|XDG_(CONFIG|DATA|CACHE|STATE)_HOME$)/;
  const inherited = Object.entries(process.env).filter(([name]) => !editors.test(name) && !(home !== undefined && personal.test(name)));
  return {
    ...Object.fromEntries(inherited),
    // An empty gallery stops the editor from asking a marketplace.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    XDG_RUNTIME_DIR: run,
    ...(home === undefined ? {} : { HOME: home }),
    ...extraEnv,
  };
}

async function addExtension(
  how: 'link' | 'vsix' | 'none',
  {
    bed,
    extensions,
    userData,
    environment,
  }: { bed: { node: string; entry: string }; extensions: string; userData: string; environment: NodeJS.ProcessEnv },
): Promise<void> {
  if (how === 'none') return;
  const { name, publisher, version } = manifest();
  if (how === 'link') {
    symlinkSync(root, path.join(extensions, `${publisher}.${name}-${version}`), 'dir');
    return;
  }
  const vsix = path.join(root, `${name}-${version}.vsix`);
  const args = [bed.entry, '--extensions-dir', extensions, '--user-data-dir', userData, '--install-extension', vsix, '--force'];
  const installer = spawn(bed.node, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [installer.stdout, installer.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => installer.once('close', resolve));
  if (code !== 0) throw new Error(`The editor did not install ${vsix}:\n${said}`);
}

async function answering(editor: Editor, exitCode: () => number | NodeJS.Signals | null): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  for (;;) {
    const ended = exitCode();
    if (ended !== null) throw new Error(`The editor's server ended with ${ended}:\n${editor.output()}`);
    const healthy = await fetch(`${editor.base}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    if (Date.now() > limit) throw new Error(`The editor's server did not answer within ${START_LIMIT_MS / 1000} s:\n${editor.output()}`);
    await delay(100);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
