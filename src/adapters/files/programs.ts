import { access, constants } from 'node:fs/promises';
import path from 'node:path';

/**
 * The file that a program's name stands for on this computer, or undefined when it is not installed.
 * @param env its PATH, and PATHEXT on Windows, are searched as a shell does
 */
export async function findProgram(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  const windows = platform === 'win32';
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(windows ? ';' : ':').filter((folder) => folder !== '');
  const endings = windows ? (env['PATHEXT'] ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const file = path.join(folder, `${name}${ending}`);
      try {
        await access(file, windows ? constants.F_OK : constants.X_OK);
        return file;
      } catch {
        // the next folder may have it
      }
    }
  }
  return undefined;
}
