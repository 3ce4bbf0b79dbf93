// The browser of the webview and end-to-end tests.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from './cache.mjs';
import { aptInstall, must } from './packages.mjs';

const FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/google/chrome'];
const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chrome', 'chromium-browser'];

/**
 * Finds a Chromium, or installs one: Debian's package, elsewhere the build that Playwright publishes.
 * $CHROMIUM names one to use instead.
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<string>} path of the executable
 */
export async function ensureChromium({ say }) {
  const chosen = process.env.CHROMIUM;
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`CHROMIUM names a file that does not exist: ${chosen}`);
    return chosen;
  }
  const debian = distribution() === 'debian';
  // Text without any font is drawn as empty boxes, and is measured wrongly too.
  if (existsSync('/usr/bin/apt-get')) await aptInstall(['fonts-dejavu-core', ...(debian ? ['ca-certificates'] : [])], say);
  const found = findBrowser();
  if (found) return found;
  if (debian) {
    await aptInstall(['chromium'], say);
    const installed = findBrowser();
    if (installed) return installed;
  }
  return playwrightBuild(say);
}

function findBrowser() {
  return FOLDERS.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file) && !isSnapStub(file));
}

/** Ubuntu's chromium packages hold a small script that starts a snap, and a snap does not run in containers or under Playwright. */
function isSnapStub(file) {
  return statSync(file).size < 20_000 && /\/snap\/|snap install/.test(readFileSync(file, 'utf8'));
}

function distribution() {
  try {
    return /^ID=("?)(\w+)\1$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[2];
  } catch {
    return undefined;
  }
}

/** Playwright's own download, with the libraries that it needs from the distribution. */
async function playwrightBuild(say) {
  process.env.PLAYWRIGHT_BROWSERS_PATH = cacheDir('browsers');
  const { chromium } = await import('playwright-core');
  const executable = chromium.executablePath();
  if (existsSync(executable)) return executable;
  say("downloading Playwright's build of Chromium with the libraries it needs");
  const cli = join(import.meta.dirname, '../../node_modules/playwright-core/cli.js');
  await must(process.execPath, [cli, 'install', '--with-deps', 'chromium']);
  if (!existsSync(executable)) throw new Error('Playwright reported success and left no Chromium; set CHROMIUM to a browser of your own.');
  return executable;
}
