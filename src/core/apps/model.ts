/** The file that makes a folder an application's. */
export const APP_FILE = 'skylab-app.yaml';

/** Where applications live on a machine, each in a folder of its name. */
const APPS_ROOT = '/srv/www';

/** The group whose members may look after the files of all sites, and by which the web server reaches them. */
export const WEB_GROUP = 'www-data';

/** A process beside the web server's: a queue's worker, a scheduler. */
export interface AppWorker {
  readonly name: string;
  /** As a person types it in the project's folder, with its virtual environment active. */
  readonly command: string;
  /** How many run side by side. */
  readonly count: number;
  /** Seconds that one job takes at most: a worker gets twice that to end. */
  readonly jobSeconds: number;
  /** The signal that lets it finish its job. */
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT';
}

/** PostgreSQL in a container on the machine itself. */
export interface AppDatabase {
  /** Tag of the image: `17`, `17.4`. */
  readonly version: string;
}

/** A folder that the web server hands out itself. */
interface ServedFolder {
  /** Begins and ends with a slash. */
  readonly url: string;
  /** Relative to the project's folder. */
  readonly folder: string;
}

/** An application that runs on a machine itself, from releases of a git repository. */
export interface App {
  readonly name: string;
  readonly source: {
    readonly git: string;
    /** Branch, tag or commit. */
    readonly ref: string;
    /** Where the project is in the repository; `.` for its top. */
    readonly folder: string;
    /** Path of a private key on this computer with which the machine fetches. */
    readonly deployKey?: string;
    /** The only host key of the git server that is right: `SHA256:…`, or type and base64. */
    readonly hostKey?: string;
  };
  /** Names of packages of the distribution. */
  readonly packages: { readonly apt: readonly string[]; readonly dnf: readonly string[] };
  /** The interpreter of the virtual environment. */
  readonly python: string;
  readonly build: readonly string[];
  readonly check?: string;
  readonly migrations?: { /** Prints a line with `[ ]` and the name for each. */ readonly pending: string; readonly run: string };
  /** Absent where the application brings its own, or none. */
  readonly database?: AppDatabase;
  readonly web: { readonly gunicorn: string; readonly workers: number; /** Seconds. */ readonly timeout: number };
  readonly workers: readonly AppWorker[];
  readonly proxy: {
    readonly kind: 'caddy' | 'nginx';
    readonly domain: string;
    readonly https: boolean;
    /** Of whom the authority of the certificate writes to. */
    readonly email?: string;
    /** Largest request, in MB. */
    readonly upload: number;
  };
  readonly static?: ServedFolder;
  /** Kept across releases. */
  readonly media?: ServedFolder;
  /** Folders of the project that are kept across releases. */
  readonly shared: readonly string[];
  readonly health: { readonly path: string; readonly status: number; readonly seconds: number };
  /** When the maintenance page stands while a release is put in place. */
  readonly maintenance: 'always' | 'migrations' | 'never';
  /** How many releases stay on the machine. */
  readonly keep: number;
}

/** An application's folder, read: what it says, and what it gives to the machine. */
export interface AppFolder {
  readonly app: App;
  /** The variables of .env, in order. */
  readonly env: ReadonlyMap<string, string>;
  /** The page that is shown during maintenance; Skylab's own where the folder has none. */
  readonly maintenancePage?: string;
}

export const appRoot = (name: string): string => `${APPS_ROOT}/${name}`;
