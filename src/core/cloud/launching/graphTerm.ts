import type { GraphTermPreset, RuleSpec } from '../../../shared/launchMore';
import { quote, type RemoteCommand } from '../../remote/command';
import { Secret } from '../../secret';
import type { FileToWrite } from './firstBootPlan';

/** Where GraphTerm stands on its machine. */
const HOME = '/opt/graphterm';
/** The port on which hosts join (graphterm/bin/gterm.py). */
const HOSTS = 8899;
/** Addresses of machines in the same network. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

export interface GraphTermContext {
  readonly loginUser: string;
  /** With its domain; where there is none, the server goes by the machine's public name. */
  readonly hostname: string | undefined;
  /** Private address of the machine that a host joins. */
  readonly primaryAddress?: string;
  /** Of the recipe `graphterm`, which sets up machines that are there already. */
  readonly scripts: readonly PresetScript[];
}

export interface PresetScript {
  /** Below the recipe's folder. */
  readonly path: string;
  readonly text: string;
}

export interface GraphTermSetUp {
  readonly files: readonly FileToWrite[];
  readonly commands: readonly string[];
}

/** Where the scripts stay on the machine, to be read and run again. */
const SET_UP = `${HOME}/set-up`;

/** What `Set Up Machine from Folder…` does step by step (recipes/graphterm/recipe.yaml), at one go. */
const RUN = `#!/bin/sh
set -eu
cd ${SET_UP}
. ./values
code=0
sh scripts/packages-there.sh || code=$?
case $code in
  0) ;;
  1) sh scripts/packages.sh ;;
  *) exit $code ;;
esac
sh scripts/install.sh
sh scripts/serve.sh
`;

/** What GraphTerm's own launcher asks for (graphterm/bin/ec2launch at 0.57), by the recipe's scripts with the preset as their values. */
export function graphTermSetUp(preset: GraphTermPreset, context: GraphTermContext): GraphTermSetUp {
  const values = Object.entries(valuesOf(preset, context)).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  return {
    files: [
      { path: `${SET_UP}/values`, mode: '0644', content: values.join('') },
      { path: `${SET_UP}/run`, mode: '0755', content: RUN },
      ...context.scripts.map(({ path, text }) => ({ path: `${SET_UP}/${path}`, mode: '0644', content: text })),
    ],
    commands: [`sh ${SET_UP}/run`],
  };
}

/** The preset as the recipe's variables. */
function valuesOf(preset: GraphTermPreset, { loginUser, hostname, primaryAddress }: GraphTermContext): Readonly<Record<string, string>> {
  return {
    SKYLAB_USER: loginUser,
    GRAPHTERM_ROLE: preset.role,
    GRAPHTERM_AUTH: preset.auth,
    GRAPHTERM_HTTPS: String(preset.https),
    GRAPHTERM_NAME: hostname ?? '',
    GRAPHTERM_PRIMARY: primaryAddress ?? '',
    GRAPHTERM_PYLAB: String(preset.pylab),
    GRAPHTERM_NETCDF: String(preset.netcdf),
    GRAPHTERM_R: String(preset.r),
    GRAPHTERM_ALLOW_EMBED: String(preset.allowEmbed),
    GRAPHTERM_ALLOW_SHARE: String(preset.allowShare),
    GRAPHTERM_LOGGING: String(preset.logging),
    GRAPHTERM_OSHELL: String(preset.oshell),
    GRAPHTERM_SCREEN: String(preset.screen),
    GRAPHTERM_OTHER_OPTIONS: preset.otherOptions,
  };
}

/** The ports of GraphTerm's security groups `gtermserver`, `gtermnbserver` and `gtermhost`, without SSH. */
export function graphTermRules({ role, auth }: Pick<GraphTermPreset, 'role' | 'auth'>): readonly RuleSpec[] {
  if (role === 'host') return [];
  const tcp = (ports: string, from: string, description: string): RuleSpec => ({ protocol: 'tcp', ports, from, description });
  // Hosts prove themselves by a secret under these two; else GraphTerm lets in whatever reaches the port.
  const joins = needsCode({ auth }) ? ['anywhere'] : PRIVATE;
  return [
    tcp('80-81', 'anywhere', 'GraphTerm'),
    tcp('443-444', 'anywhere', 'GraphTerm by https'),
    tcp('8900-8901', 'anywhere', 'GraphTerm'),
    ...joins.map((from) => tcp(String(HOSTS), from, 'GraphTerm hosts')),
    role === 'notebook' ? tcp('10000-12000', 'anywhere', 'IPython notebooks') : tcp('8888', 'anywhere', 'IPython notebook'),
  ];
}

/** True where a host proves itself to its primary by a code. */
export const needsCode = ({ auth }: { readonly auth: string }): boolean => auth === 'singleuser' || auth === 'multiuser';

/** Of the login user on a host; systemd starts the service in the home folder. */
const CODE_FILE = '.graphterm/joins_with';

/**
 * Asks the primary for a host's own code, which its master code and the host's name make (gterm.user_hmac, key version 1). It goes
 * from there to the host by SSH, and nowhere else.
 */
export function hostCode(hostName: string): RemoteCommand<Secret> {
  const script = [
    'import glob, os, sys',
    'from graphterm.bin import gterm',
    "files = [f for f in glob.glob(os.path.expanduser('~/.graphterm/*' + gterm.APP_AUTH_FILENAME)) if os.path.basename(f).startswith(('@', gterm.APP_AUTH_FILENAME))]",
    "if not files: sys.exit('GraphTerm has made no code there yet')",
    'master = gterm.undashify(open(files[0]).read().split()[0])',
    "sys.stdout.write(gterm.dashify(gterm.user_hmac(master, sys.argv[1], key_version='1')))",
  ].join('\n');
  return {
    argv: [`${HOME}/env/bin/python`, '-c', script, hostName],
    parse: (code) => new Secret(code.trim()),
    what: 'ask GraphTerm for the code of a host',
  };
}

/** Keeps the code on the host, for its login user alone, and joins with it. */
export function joinWith(code: Secret): RemoteCommand {
  return {
    argv: ['sh', '-c', `umask 077 && mkdir -p .graphterm && cat >${CODE_FILE} && sudo -n systemctl restart graphterm.service`],
    stdin: code,
    what: 'join the primary',
  };
}
