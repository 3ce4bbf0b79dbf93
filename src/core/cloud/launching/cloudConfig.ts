import { stringify } from 'yaml';
import { quote } from '../../remote/command';
import { diskScript, ownDisks } from './diskScript';
import type { FirstBootPlan } from './firstBootPlan';
import { sudoersCommands } from './setUpScript';

/** Where the commands of the set-up stand on the machine, to be read and run again. */
const COMMANDS = '/var/lib/skylab/set-up.sh';

/**
 * A plan as cloud-config, without the person's own data. cloud-init runs it in this order: early commands and disks, files, host name,
 * users, packages, commands. A failure of disks or commands ends its list, so that cloud-init calls the set-up failed.
 */
export function cloudConfig(plan: FirstBootPlan, loginUser: string): string {
  const commands = [...ownDisks(plan.disks, loginUser), ...sudoersCommands(plan.users), ...plan.commands];
  const files = [
    ...plan.files.map(({ path, content, mode }) => ({ path, permissions: mode, content })),
    ...(commands.length === 0 ? [] : [{ path: COMMANDS, permissions: '0700', content: `#!/bin/sh\nset -eu\n${commands.join('\n')}\n` }]),
  ];
  const disks = plan.disks.length === 0 ? [] : [`cloud-init-per instance skylab-disks sh -c ${quote(diskScript(plan.disks))} || exit 1`];
  const config = {
    ...nonEmpty('bootcmd', [...plan.early, ...disks]),
    ...(plan.hostname === undefined ? {} : hostNameKeys(plan.hostname)),
    ...(plan.users.length === 0 ? {} : { users: ['default', ...plan.users.map(userOf)] }),
    ...nonEmpty('write_files', files),
    ...(plan.packages.length === 0 ? {} : { package_update: true, packages: plan.packages }),
    ...(commands.length === 0 ? {} : { runcmd: [`${COMMANDS} || exit 1`] }),
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}

function hostNameKeys(name: string) {
  const [short = name, ...domain] = name.split('.');
  return {
    preserve_hostname: false,
    hostname: short,
    ...(domain.length === 0 ? {} : { fqdn: name }),
    // So that the machine finds itself by its name.
    manage_etc_hosts: 'localhost',
  };
}

function userOf({ name, publicKeys }: FirstBootPlan['users'][number]) {
  return { name, shell: '/bin/bash', lock_passwd: true, ssh_authorized_keys: publicKeys };
}

function nonEmpty<T>(key: string, values: readonly T[]): Readonly<Record<string, readonly T[]>> {
  return values.length === 0 ? {} : { [key]: values };
}
