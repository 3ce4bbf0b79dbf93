import type { UserSpec } from '../../../shared/launchMore';
import { quote } from '../../remote/command';
import { diskScript, ownDisks } from './diskScript';
import type { FirstBootPlan } from './firstBootPlan';

/**
 * The same plan as a shell script that root runs over SSH, for machines that do not run user data. Of the person's own data it takes
 * scripts (`#!`); the first failing part ends it.
 */
export function setUpScript(plan: FirstBootPlan, loginUser: string): string {
  const parts = [
    'set -eu',
    ...plan.early,
    ...(plan.disks.length === 0 ? [] : [`sh -c ${quote(diskScript(plan.disks))}`]),
    ...plan.files.flatMap(({ path, content, mode }) => writeFile(path, content, mode)),
    ...(plan.hostname === undefined ? [] : hostNameCommands(plan.hostname)),
    ...plan.users.flatMap(userCommands),
    ...installPackages(plan.packages),
    ...ownDisks(plan.disks, loginUser),
    ...sudoersCommands(plan.users),
    ...plan.commands,
    ...(plan.userData === '' ? [] : runScript(plan.userData)),
  ];
  return `${parts.join('\n')}\n`;
}

/** Gives the machine its name, now and after every boot, and lets it find itself by it. */
export function hostNameCommands(name: string): readonly string[] {
  const short = name.split('.')[0] ?? name;
  const names = short === name ? name : `${name} ${short}`;
  return [
    `if command -v hostnamectl >/dev/null && hostnamectl set-hostname ${short} 2>/dev/null; then :; else echo ${short} >/etc/hostname; hostname ${short}; fi`,
    `sed -i '/^127\\.0\\.1\\.1[[:space:]]/d' /etc/hosts 2>/dev/null || true`,
    `echo '127.0.1.1 ${names}' >>/etc/hosts`,
    `if [ -d /etc/cloud/cloud.cfg.d ]; then echo 'preserve_hostname: true' >/etc/cloud/cloud.cfg.d/99-skylab-hostname.cfg; fi`,
  ];
}

/** sudo without a password: a file of its own (0440) that sudo has checked before it counts. */
export function sudoersCommands(users: readonly UserSpec[]): readonly string[] {
  return users
    .filter((user) => user.sudo === true)
    .flatMap(({ name }) => {
      const [file, draft] = [`/etc/sudoers.d/60-skylab-${name}`, `/etc/sudoers.d/.skylab-${name}`];
      return [
        `(umask 0337; rm -f ${draft}; echo '${name} ALL=(ALL) NOPASSWD:ALL' >${draft})`,
        `if visudo -cqf ${draft}; then mv -f ${draft} ${file}; else rm -f ${draft}; echo 'Skylab: sudo refuses the rule for ${name}' >&2; exit 1; fi`,
      ];
    });
}

function userCommands({ name, publicKeys }: UserSpec): readonly string[] {
  const home = `"$(getent passwd ${name} | cut -d: -f6)"`;
  return [
    `id ${name} >/dev/null 2>&1 || useradd -m -s /bin/bash ${name}`,
    `install -d -m 0700 -o ${name} -g "$(id -g ${name})" ${home}/.ssh`,
    `touch ${home}/.ssh/authorized_keys`,
    ...publicKeys.map((key) => `grep -qxF ${quote(key)} ${home}/.ssh/authorized_keys || echo ${quote(key)} >>${home}/.ssh/authorized_keys`),
    `chown ${name}: ${home}/.ssh/authorized_keys && chmod 0600 ${home}/.ssh/authorized_keys`,
  ];
}

function installPackages(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return [];
  const names = packages.map(quote).join(' ');
  return [
    `if command -v apt-get >/dev/null; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y ${names}
elif command -v dnf >/dev/null; then dnf install -y ${names}
elif command -v yum >/dev/null; then yum install -y ${names}
elif command -v zypper >/dev/null; then zypper --non-interactive install ${names}
else echo 'Skylab: this system has no known package manager' >&2; exit 1; fi`,
  ];
}

function writeFile(path: string, content: string, mode: string): readonly string[] {
  return [
    `mkdir -p ${quote(path.slice(0, path.lastIndexOf('/')))}`,
    `printf %s ${quote(content)} >${quote(path)}`,
    `chmod ${mode} ${quote(path)}`,
  ];
}

function runScript(script: string): readonly string[] {
  if (!script.startsWith('#!')) return [`echo 'Skylab: this machine has no cloud-init, so it cannot read the set-up' >&2; exit 1`];
  return [
    'script=$(mktemp)',
    `printf %s ${quote(script)} >"$script"`,
    'chmod 0700 "$script"',
    'code=0; "$script" || code=$?; rm -f "$script"',
    'if [ "$code" != 0 ]; then echo "Skylab: the set-up script ended with code $code" >&2; exit "$code"; fi',
  ];
}
