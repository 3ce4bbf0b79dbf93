import type { GraphTermPreset, RuleSpec } from '../../../shared/launchMore';
import { quote, type RemoteCommand } from '../../remote/command';
import { Secret } from '../../secret';
import type { FileToWrite } from './firstBootPlan';

/** Where GraphTerm stands on its machine. */
const HOME = '/opt/graphterm';
/** Its web server's port, the one beside it, and the one on which hosts join (graphterm/bin/gterm.py). */
const HTTP = 8900;
const HOSTS = 8899;
/** Addresses of machines in the same network. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

export interface GraphTermContext {
  readonly loginUser: string;
  /** With its domain; where there is none, the server goes by the machine's public name. */
  readonly hostname: string | undefined;
  /** Private address of the machine that a host joins. */
  readonly primaryAddress?: string;
}

export interface GraphTermSetUp {
  readonly packages: readonly string[];
  readonly files: readonly FileToWrite[];
  readonly commands: readonly string[];
}

/**
 * What GraphTerm's own launcher asks for (graphterm/bin/ec2launch at 0.57), for a machine with systemd: a service instead of init
 * scripts, and a Python environment of its own. GraphTerm 0.57, its last release, runs on Python 2.7 only.
 */
export function graphTermSetUp(preset: GraphTermPreset, context: GraphTermContext): GraphTermSetUp {
  return {
    packages: packagesOf(preset),
    files: [
      { path: '/etc/systemd/system/graphterm.service', mode: '0644', content: unitOf(preset, context) },
      { path: `/usr/local/sbin/graphterm-start`, mode: '0755', content: startOf(preset, context) },
      { path: '/etc/profile.d/graphterm.sh', mode: '0644', content: 'set -o ignoreeof\n' },
    ],
    commands: [
      ...install(preset),
      `chmod go-rwx ~${context.loginUser}`,
      'systemctl daemon-reload',
      'systemctl enable --now graphterm.service',
    ],
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

function packagesOf({ pylab, netcdf, r, screen, https, role }: GraphTermPreset): readonly string[] {
  return [
    // Debian 11 and Ubuntu 22.04 are the last to have it.
    'python2.7',
    'python2.7-dev',
    'python3-venv',
    'build-essential',
    'zip',
    ...(role === 'host' ? [] : ['iptables']),
    ...(https ? ['openssl'] : []),
    ...(screen ? ['screen'] : []),
    ...(netcdf ? ['libnetcdf-dev', 'netcdf-bin', 'libhdf5-serial-dev'] : []),
    ...(r ? ['r-base', 'libcurl4-openssl-dev', 'libcairo2-dev', 'libxt-dev'] : []),
    ...(pylab ? ['libfreetype6-dev', 'libpng-dev', 'pkg-config'] : []),
  ];
}

/** virtualenv 20.21 is the last that makes environments for Python 2.7, and carries a pip that runs there; so does tornado 4 for GraphTerm. */
function install({ pylab, netcdf }: GraphTermPreset): readonly string[] {
  const pip = `${HOME}/env/bin/pip install --no-cache-dir`;
  return [
    `python3 -m venv ${HOME}/maker`,
    `${HOME}/maker/bin/pip install --no-cache-dir 'virtualenv==20.21.1' 'setuptools<70'`,
    `${HOME}/maker/bin/virtualenv -p /usr/bin/python2.7 ${HOME}/env`,
    `${pip} 'tornado==4.5.3' 'graphterm==0.57.0'`,
    // GraphTerm's own set-up of further users (graphterm/bin/gterm_user_setup) calls these two by name.
    `ln -sf ${HOME}/env/bin/gauth ${HOME}/env/bin/gtermhost /usr/local/bin/`,
    ...(pylab ? [`${pip} 'numpy<1.17' 'scipy<1.3' 'matplotlib<3' 'pandas<0.25' 'jinja2<3' 'ipython<6' 'pyzmq<20' pillow qrcode`] : []),
    ...(netcdf ? [`${pip} 'numpy<1.17' 'netCDF4<1.5.4'`] : []),
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

/** The options of `gtermserver` or `gtermhost`, as words. */
function graphTermWords(preset: GraphTermPreset): readonly string[] {
  const when = (on: boolean, ...words: string[]) => (on ? words : []);
  const others = preset.otherOptions.split(/\s+/).filter((word) => word !== '');
  const common = [...when(preset.logging, '--logging'), ...when(preset.oshell, '--oshell', ...when(preset.screen, '--oshell_input'))];
  // A server that asks nobody for a code has none to give; otherwise the host's own is brought by SSH.
  if (preset.role === 'host') return [...others, ...common, `--auth_file=${needsCode(preset) ? CODE_FILE : 'none'}`];
  return [
    ...when(preset.https, '--https'),
    ...when(preset.allowEmbed, '--allow_embed'),
    ...when(preset.allowShare, '--allow_share'),
    ...when(preset.role === 'notebook', '--nb_server'),
    ...others,
    ...common,
    `--auth_type=${preset.auth}`,
  ];
}

/**
 * The server listens everywhere and goes by its outside name: asked to listen at that name, as the old launcher does, it would fail
 * wherever the name leads to a public address. Hosts join at the private address, and those of further users at 127.0.0.1, where alone
 * GraphTerm by itself would listen.
 */
function startOf(preset: GraphTermPreset, { loginUser, hostname, primaryAddress }: GraphTermContext): string {
  const words = graphTermWords(preset).map(quote).join(' ');
  const program = `${HOME}/env/bin/${preset.role === 'host' ? 'gtermhost' : 'gtermserver'}`;
  const screen = preset.screen ? `/usr/bin/screen -D -m ${preset.logging ? '-L ' : ''}-S graphterm ` : '';
  if (preset.role === 'host')
    return `#!/bin/sh
exec ${screen}${program} ${words} --server_addr=${quote(primaryAddress ?? '')} "$(hostname -s)"
`.replace(/ {2,}/g, ' ');
  const users = preset.auth === 'multiuser' ? ` --user_setup=auto --super_users=${quote(loginUser)}` : '';
  return `#!/bin/sh
host=${hostname === undefined ? '$(public_name)' : quote(hostname)}
${preset.https ? CERTIFICATE : ''}exec ${screen}${program} ${words}${users} --host=0.0.0.0 --external_host="$host" --external_port=${preset.https ? 443 : 80} --internal_host=0.0.0.0
`.replace('host=$(public_name)', PUBLIC_NAME);
}

/** GraphTerm finds it there. Its own has a key of 1024 bits, which the OpenSSL of Debian 11 and Ubuntu 22.04 refuses to serve. */
const CERTIFICATE = `[ -s .graphterm/localhost.pem ] || (
  umask 077 && mkdir -p .graphterm && cd .graphterm || exit 1
  openssl req -x509 -nodes -newkey rsa:2048 -days 1024 -subj /O=GraphTerm/CN=GraphTerm -addext "subjectAltName=DNS:$host" \\
    -keyout new.pem -out new.pem && mv new.pem localhost.pem
) || exit 1
`;

/** The machine's public name by IMDSv2, its address where it has none, else what it calls itself. */
const PUBLIC_NAME = `imds=http://169.254.169.254/latest
token=$(curl -fsS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token" || true)
ask() { curl -fsS -m 5 -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1" 2>/dev/null; }
host=$(ask public-hostname || true)
[ -n "$host" ] || host=$(ask public-ipv4 || hostname -f)`;

function unitOf({ role, https }: GraphTermPreset, { loginUser }: GraphTermContext): string {
  const outside = https ? 443 : 80;
  const redirects = [0, 1].map((n) => {
    const rule = `PREROUTING -p tcp --dport ${outside + n} -j REDIRECT --to-ports ${HTTP + n}`;
    return `ExecStartPre=+/bin/sh -c 'iptables -t nat -C ${rule} 2>/dev/null || iptables -t nat -A ${rule}'`;
  });
  return `[Unit]
Description=GraphTerm
Wants=network-online.target
After=network-online.target

[Service]
User=${loginUser}
WorkingDirectory=~
${role === 'host' ? '' : `${redirects.join('\n')}\n`}ExecStart=/usr/local/sbin/graphterm-start
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;
}
