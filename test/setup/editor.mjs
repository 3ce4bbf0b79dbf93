// The editor that the tests drive: VS Code's workbench as code-server, with the Node it wants, both from npm.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cacheDir } from './cache.mjs';
import { aptInstall, must, run } from './packages.mjs';

const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';
const QUIET = ['--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev', '--loglevel=error'];

/**
 * Installs code-server and its Node into the cache folder; done once for each pair of versions.
 * Install scripts do not run: of the native modules only spdlog (log files and log channels) and native-watchdog are built,
 * which spares a machine the headers that kerberos wants.
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<{node: string, entry: string, version: string}>} paths of the Node binary and of code-server's entry script
 */
export async function ensureEditor({ say }) {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Error(`The test editor runs on Linux on x64 or arm64, and this is ${process.platform} on ${process.arch}.`);
  }
  const nodePackage = `node-linux-${process.arch}`;
  const home = join(cacheDir(), `editor-${CODE_SERVER}-node-${NODE}-${process.arch}`);
  const parts = (base) => ({
    node: join(base, 'node_modules', nodePackage, 'bin/node'),
    entry: join(base, 'node_modules/code-server/out/node/entry.js'),
    version: CODE_SERVER,
  });
  if (existsSync(home)) return parts(home);

  await buildTools(say);
  say(`installing the test editor: code-server ${CODE_SERVER} and Node ${NODE} from npm (about 800 MB, under a minute or two)`);
  const partial = `${home}.partial-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(join(partial, 'package.json'), '{"name":"skylab-test-editor","private":true,"version":"0.0.0"}\n');
    await must('npm', ['install', ...QUIET, '--save-exact', `${nodePackage}@${NODE}`, `code-server@${CODE_SERVER}`], { cwd: partial });
    const { node } = parts(partial);
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
    const workbench = join(partial, 'node_modules/code-server/lib/vscode');
    // Not npm ci: code-server's shrinkwrap does not agree with its own package.json.
    await must('npm', ['install', ...QUIET], { cwd: workbench, env });
    await must('npm', ['install', ...QUIET], { cwd: join(workbench, 'extensions'), env });
    const headers = nodeHeaders(dirname(dirname(node)));
    const native = ['@vscode/spdlog', '@vscode/native-watchdog'];
    await must('npm', ['rebuild', '--loglevel=error', ...native], {
      cwd: workbench,
      env: { ...env, npm_config_jobs: '2', ...(headers ? { npm_config_nodedir: headers } : {}) },
    });
    if (!existsSync(join(workbench, 'node_modules/@vscode/spdlog/build/Release/spdlog.node'))) {
      throw new Error('The test editor was installed but its log module (@vscode/spdlog) was not built.');
    }
    // The rename comes last: a folder with the final name is complete. Another clone may have been faster.
    if (!existsSync(home)) renameSync(partial, home);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return parts(home);
}

/** A compiler, make and Python, which node-gyp calls. Whatever is on the PATH already is good enough. */
async function buildTools(say) {
  const wanted = { 'g++': 'g++', make: 'make', python3: 'python3' };
  const missing = [];
  for (const [tool, packageName] of Object.entries(wanted)) {
    if ((await run(tool, ['--version'])).code !== 0) missing.push(packageName);
  }
  if (missing.length > 0) await aptInstall(missing, say);
}

/** The first folder that holds Node's C headers, so that node-gyp does not download them; undefined leaves it to node-gyp. */
function nodeHeaders(editorNode) {
  const candidates = [editorNode, dirname(dirname(process.execPath)), '/usr'];
  return candidates.find((dir) => existsSync(join(dir, 'include/node/node_api.h')));
}
