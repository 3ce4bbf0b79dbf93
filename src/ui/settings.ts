import * as vscode from 'vscode';

/** Skylab's settings, checked when read: a hand-edited value of the wrong kind counts as not set. */
export class Settings {
  /** Where to ask for this computer's public address; undefined for the default service. */
  get publicAddressUrl(): string | undefined {
    return url(read('publicAddressUrl'));
  }

  /** The EC2 endpoint of a practice cloud; undefined when there is none. */
  get practiceCloudEndpoint(): string | undefined {
    return url(read('practiceCloud.endpoint'));
  }

  /** Milliseconds until a machine that does not come up counts as failed. */
  get launchTimeoutMs(): number {
    const minutes = read('launch.timeoutMinutes');
    return (typeof minutes === 'number' && minutes >= 1 && minutes <= 60 ? minutes : 10) * 60_000;
  }

  /** Whether a sync leaves out what `.gitignore` names. */
  get useGitignore(): boolean {
    return read('transfer.useGitignore') !== false;
  }

  /** US dollars a day above which running machines are warned of; 0 for never. */
  get costWarnPerDay(): number {
    const limit = read('cost.warnPerDay');
    return typeof limit === 'number' && limit > 0 ? limit : 0;
  }

  /** Folders of this computer that hold the person's own recipes. */
  get recipeFolders(): readonly string[] {
    const folders = read('recipes.folders');
    return Array.isArray(folders) ? folders.filter((one): one is string => typeof one === 'string' && one.trim() !== '') : [];
  }

  onChange(listener: () => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('skylab')) listener();
    });
  }
}

function read(key: string): unknown {
  return vscode.workspace.getConfiguration('skylab').get<unknown>(key);
}

function url(value: unknown): string | undefined {
  return typeof value === 'string' && /^https?:\/\/\S+$/.test(value.trim()) ? value.trim() : undefined;
}
