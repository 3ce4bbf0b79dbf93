import { packageFamily } from '../deploy/installDocker';
import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';
import { dnf, installPackages } from '../upkeep/packages/install';
import type { Act, Change } from '../upkeep/task';
import { scripted } from '../upkeep/task';
import type { AppFacts } from './facts';
import type { App, AppDatabase } from './model';
import { appScript } from './shell';

/** How the container of an application's database stands on its machine. */
export interface DatabaseFacts {
  readonly docker: boolean;
  readonly container?: { /** It is of this application. */ readonly own: boolean; readonly image: string; readonly running: boolean };
  /** Its data is there. */
  readonly volume: boolean;
  /** Of the database that is there, or empty. */
  readonly password: string;
}

/** Name of the container and of the volume with its data. */
export const databaseName = ({ name }: Pick<App, 'name'>): string => `${name}-database`;

const imageOf = ({ version }: AppDatabase): string => `postgres:${version}`;
const majorOf = (image: string): string => /:(\d+)/.exec(image)?.[1] ?? image;

/** Needs `database`, the container's name or nothing. */
export const LOOK_AT_DATABASE = String.raw`
if [ -n "$database" ]; then
  echo "database $(sed -n 's/^POSTGRES_PASSWORD=//p' "$root/shared/.database" 2>/dev/null)"
  if docker version >/dev/null 2>&1; then
    echo docker
    docker container inspect -f '{{index .Config.Labels "skylab.app"}} {{.Config.Image}} {{.State.Running}}' "$database" 2>/dev/null | sed 's/^/container /'
    docker volume inspect "$database" >/dev/null 2>&1 && echo volume
  fi
fi
`;

/** Reads what `LOOK_AT_DATABASE` prints; undefined where nothing was asked. */
export function parseDatabase(of: ReadonlyMap<string, readonly string[]>, app: string): DatabaseFacts | undefined {
  const [password] = of.get('database') ?? [];
  if (password === undefined) return undefined;
  const [, label = '', image = '', running = ''] = /^(\S*) (\S+) (\S+)$/.exec(of.get('container')?.[0] ?? '') ?? [];
  return {
    docker: of.has('docker'),
    ...(image === '' ? {} : { container: { own: label === app, image, running: running === 'true' } }),
    volume: of.has('volume'),
    password,
  };
}

/** @throws SkylabError where the database cannot be what the file asks for */
export function refuseDatabase(app: App, { database, os }: AppFacts): void {
  if (app.database === undefined || database === undefined) return;
  const name = databaseName(app);
  if (!database.docker && !['apt', 'amazon'].includes(packageFamily(os) ?? '')) {
    throw new SkylabError('The database runs in a container, and the machine has no Docker.', {
      code: 'NoDocker',
      next: 'Install Docker there, or name a database at DATABASE_URL.',
    });
  }
  if (database.container?.own === false || (database.volume && database.password === '')) {
    throw new SkylabError(`The machine has a container or a volume ${name} already, and Skylab has not made it for this.`, {
      code: 'NameTaken',
      next: 'Give the application another name, or remove that one.',
    });
  }
  const there = database.container?.image;
  if (there !== undefined && majorOf(there) !== majorOf(imageOf(app.database))) {
    throw new SkylabError(`The database is of ${there}, whose data PostgreSQL ${app.database.version} cannot read.`, {
      code: 'OtherVersion',
      next: `Keep version ${majorOf(there)} at database; a dump that is restored into another application takes the data along.`,
    });
  }
}

/** What makes the database, or has it run again; undefined where it is as it should be. @param password of a new one */
export function databaseAct(app: App, { database, os }: AppFacts, password: string): Act | undefined {
  if (app.database === undefined || database === undefined) return undefined;
  const image = imageOf(app.database);
  const { container, volume, docker } = database;
  if (container?.running === true && container.image === image) return undefined;
  const what =
    container === undefined
      ? `runs ${image} in the container ${databaseName(app)}, which only this machine reaches${volume ? ', with the data that is there' : ''}`
      : container.image === image
        ? `starts ${databaseName(app)} again`
        : `has ${databaseName(app)} run ${image} in place of ${container.image}`;
  const change: Change = {
    line: what,
    command: runDatabase(app, image, password),
    undo: container === undefined ? dropDatabase(app, !volume) : runDatabase(app, container.image, password),
    timeoutMs: 20 * 60_000,
    logs: true,
  };
  return { name: 'database', title: 'Make the database', changes: [...(docker ? [] : dockerChanges(os)), change] };
}

/** Docker from the distribution's own packages; Compose is not needed for this. */
function dockerChanges(os: AppFacts['os']): readonly Change[] {
  const start = scripted('starts Docker', 'systemctl enable --now --quiet docker\ndocker version >/dev/null');
  if (packageFamily(os) === 'amazon') {
    return [{ line: 'installs docker', command: dnf('install', 'docker'), timeoutMs: 20 * 60_000, installs: true }, start];
  }
  // Debian 13 has the program docker in a package of its own.
  const client = `apt-cache policy docker-cli | grep -q 'Candidate: [0-9]' || exit 0
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends docker-cli >/dev/null`;
  return [
    ...installPackages('apt', ['docker.io']),
    scripted('installs docker-cli where that is a package of its own', client, [], { timeoutMs: 20 * 60_000 }),
    start,
  ];
}

/**
 * Runs PostgreSQL with the volume's data and waits until it takes connections. Its password and its port are made once, and kept where
 * only root reads them. From version 18 on, the image keeps its data one folder higher. Source: hub.docker.com/_/postgres, "PGDATA"
 * @param password where there is none yet
 */
function runDatabase(app: App, image: string, password: string): RemoteCommand {
  const place = Number(majorOf(image)) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
  const script = String.raw`box=$1 image=$2 place=$3 file=$root/shared/.database
if [ ! -e "$file" ]; then
  port=5432
  while ss -Hltn "sport = :$port" | grep -q . || grep -qsx "SKYLAB_PORT=$port" "${'$'}{root%/*}"/*/shared/.database; do port=$((port + 1)); done
  (umask 077; printf 'POSTGRES_USER=%s\nPOSTGRES_DB=%s\nSKYLAB_PORT=%s\nPOSTGRES_PASSWORD=%s\n' "$name" "$name" "$port" "$(cat)" >"$file.new")
  mv "$file.new" "$file"
fi
port=$(sed -n 's/^SKYLAB_PORT=//p' "$file")
docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image"
if docker container inspect "$box" >/dev/null 2>&1; then docker stop --time 40 "$box" >/dev/null; docker rm "$box" >/dev/null; fi
docker run --detach --name "$box" --label "skylab.app=$name" --restart unless-stopped --shm-size 128m --env-file "$file" \
  --volume "$box:$place" --publish "127.0.0.1:$port:5432" "$image" >/dev/null
end=$(( $(date +%s) + 180 ))
# Over TCP: while it is made, it answers at its socket only.
until docker exec "$box" pg_isready --quiet --host 127.0.0.1 --username "$name" --dbname "$name"; do
  if [ "$(docker container inspect -f '{{.RestartCount}}' "$box")" -ge 3 ] || [ "$(date +%s)" -ge "$end" ]; then
    docker logs --tail 12 "$box" >&2; echo "The database did not come up." >&2; exit 1
  fi
  sleep 0.5
done
echo "$image takes connections at 127.0.0.1:$port"`;
  return appScript(app, '', 'run the database', script, { values: [databaseName(app), image, place], stdin: new Secret(password) });
}

/** Takes the container away. @param data its data too */
export function dropDatabase(app: App, data: boolean): RemoteCommand {
  const script = `if docker container inspect "$1" >/dev/null 2>&1; then docker stop --time 40 "$1" >/dev/null; docker rm "$1" >/dev/null; fi
if [ "$2" = data ]; then
  if docker volume inspect "$1" >/dev/null 2>&1; then docker volume rm "$1" >/dev/null; fi
  rm -f "$root/shared/.database"
fi`;
  return appScript(app, '', 'take the database away', script, { values: [databaseName(app), data ? 'data' : ''] });
}
