import { randomBytes } from 'node:crypto';
import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';
import type { Act, Change, Task } from '../upkeep/task';
import { rootScript } from '../upkeep/task';
import type { CloudUser, FrontEnd } from './facts';
import { frontEnd } from './facts';
import { cloudNameProblem, missingGroup } from './group';
import { ONEADMIN, oneChange, oneScript } from './oneadmin';
import { parseXml, textAt } from './xml';

/** `core`: may use everything of OpenNebula with a password. `public`: the EC2 interface only. econe-server takes these two. */
export type CloudDriver = 'core' | 'public';

/** Somebody who shall use the EC2 interface. */
export interface WantedCloudUser {
  readonly name: string;
  readonly driver: CloudDriver;
  /** See `newSecret`. */
  readonly secret: Secret;
}

const isDriver = (driver: string): driver is CloudDriver => driver === 'core' || driver === 'public';

/** Signs in with what it says: `oneuser passwd` and `create` take a password from a file, here standard input. */
const FROM_STDIN = '/dev/stdin --read-file';

/**
 * A password nobody has guessed. OpenNebula keeps what a user of the driver `public` is given as it is, and that is the secret key; of
 * `core` it keeps a hash. 64 hexadecimal digits are what such a hash looks like, and hold no character that a tool takes for another.
 */
export const newSecret = (): Secret => new Secret(randomBytes(32).toString('hex'));

/** Makes users for the EC2 interface, in the group that they belong to, or gives what is missing to those who are there. */
export function createCloudUsers(wanted: readonly WantedCloudUser[], group: string): Task<FrontEnd> {
  const [only] = wanted;
  return {
    id: 'openNebula.users.create',
    title: wanted.length === 1 && only !== undefined ? `Create ${only.name}` : `Create ${wanted.length} users`,
    look: frontEnd('oneuser', 'onegroup'),
    plan(facts) {
      const made = missingGroup(facts, group);
      const acts = wanted.flatMap((one): Act[] => {
        const changes = userChanges(facts, one, group);
        return changes.length === 0 ? [] : [{ name: `user ${one.name}`, title: `Set up ${one.name}`, changes, alone: wanted.length > 1 }];
      });
      const first: Act[] = made.length === 0 || acts.length === 0 ? [] : [{ name: 'group', title: `Make ${group}`, changes: made }];
      return { acts: [...first, ...acts] };
    },
  };
}

function userChanges(facts: FrontEnd, { name, driver, secret }: WantedCloudUser, group: string): readonly Change[] {
  const problem = cloudNameProblem(name);
  if (problem !== undefined) throw new SkylabError(`${name}: ${problem}`, { code: 'NotAName' });
  const there = facts.users.find((user) => user.name === name);
  if (there !== undefined) refuseOwn(there);
  const join = oneChange(`puts ${name} into the group ${group}`, 'oneuser chgrp "$1" "$2"', [name, group], {
    ...(there === undefined
      ? {}
      : { undo: oneScript('oneuser chgrp "$1" "$2"', [name, there.group], `put ${name} back into ${there.group}`) }),
  });
  if (there !== undefined) {
    return [...(there.driver === driver ? [] : [changeDriver(there, driver)]), ...(there.group === group ? [] : [join])];
  }
  const what = driver === 'public' ? 'for the EC2 interface only' : 'for everything that its group may do';
  const line = `makes the user ${name} with a password of its own, ${what}`;
  return [
    {
      line,
      command: oneScript(`cat | oneuser create "$1" ${FROM_STDIN} --driver "$2"`, [name, driver], line, secret),
      undo: oneScript('oneuser delete "$1"', [name], `remove ${name} again`),
    },
    join,
  ];
}

function changeDriver(user: CloudUser, driver: CloudDriver): Change {
  const words = driver === 'public' ? 'may use the EC2 interface only' : 'may use everything that its group may';
  return oneChange(`${user.name} ${words}; the secret key stays`, 'oneuser chauth "$1" "$2"', [user.name, driver], {
    undo: oneScript('oneuser chauth "$1" "$2"', [user.name, user.driver], `give ${user.name} back its way of signing in`),
  });
}

/** OpenNebula's own, without whom it no longer works. */
function refuseOwn({ id, name, driver }: CloudUser): void {
  if (id > 1 && !driver.startsWith('server_')) return;
  throw new SkylabError(`${name} is OpenNebula’s own user.`, { next: 'Leave it as it is.', code: 'OwnUser' });
}

function userOf(facts: FrontEnd, name: string): CloudUser {
  const user = facts.users.find((one) => one.name === name);
  if (user === undefined) throw new SkylabError(`There is no user ${name} any more.`, { next: 'Look at the users again.', code: 'NoUser' });
  refuseOwn(user);
  return user;
}

/** The keys that econe-server remembers count on for that long (`EXPIRE_USER_CACHE` of its CloudAuth). */
const REMEMBERED = 'econe-server may take the old key for up to a minute.';

/** Gives a user another password: the old secret key no longer counts. */
export function resetSecret(name: string, secret: Secret): Task<FrontEnd> {
  return passwordTask(
    'openNebula.users.reset',
    `New password for ${name}`,
    name,
    secret,
    `gives ${name} another password; the old one ends`,
  );
}

/** Shuts a user out, machines and all else stay: nobody knows the password any more. `resetSecret` lets in again. */
export function shutOut(name: string): Task<FrontEnd> {
  return passwordTask(
    'openNebula.users.shutOut',
    `Shut ${name} out`,
    name,
    newSecret(),
    `gives ${name} a password that nobody knows; machines and everything else stay`,
  );
}

function passwordTask(id: string, title: string, name: string, secret: Secret, line: string): Task<FrontEnd> {
  return {
    id,
    title,
    look: frontEnd('oneuser'),
    plan(facts) {
      const { driver } = userOf(facts, name);
      if (!isDriver(driver)) {
        throw new SkylabError(`${name} signs in by ${driver}, without a password that OpenNebula keeps.`, {
          next: 'Change it where that is kept.',
          code: 'OtherDriver',
        });
      }
      const command = oneScript(`cat | oneuser passwd "$1" ${FROM_STDIN}`, [name], line, secret);
      return { acts: [{ name: 'password', title, changes: [{ line, command }] }], notes: [REMEMBERED] };
    },
  };
}

/** Lets a user use everything, or the EC2 interface only. */
export function setDriver(name: string, driver: CloudDriver): Task<FrontEnd> {
  const title = driver === 'public' ? `Only EC2 for ${name}` : `Everything for ${name}`;
  return {
    id: 'openNebula.users.driver',
    title,
    look: frontEnd('oneuser'),
    plan(facts) {
      const user = userOf(facts, name);
      if (user.driver === driver) return { acts: [] };
      return { acts: [{ name: 'driver', title, changes: [changeDriver(user, driver)] }] };
    },
  };
}

/** Deletes a user. @throws SkylabError `HasMachines` while it owns virtual machines, which nobody would look after then */
export function deleteCloudUser(name: string): Task<FrontEnd> {
  return {
    id: 'openNebula.users.delete',
    title: `Delete ${name}`,
    look: frontEnd('oneuser', 'onevm'),
    plan(facts) {
      if (!facts.users.some((one) => one.name === name)) return { acts: [] };
      const { machines } = userOf(facts, name);
      if (machines > 0) {
        throw new SkylabError(`${name} still has ${machines === 1 ? 'a machine' : `${machines} machines`}. Nothing was changed.`, {
          next: 'Terminate them, or give them to somebody else by onevm chown.',
          code: 'HasMachines',
        });
      }
      const change = oneChange(`deletes the user ${name}`, 'oneuser delete "$1"', [name]);
      return { acts: [{ name: 'delete', title: `Delete ${name}`, changes: [change] }] };
    },
  };
}

/** The secret key that OpenNebula keeps for a user, as oneadmin may read it. */
export function secretKeyFor(name: string): RemoteCommand<Secret> {
  return {
    ...rootScript(`${ONEADMIN}\none oneuser show "$1" --xml`, [name], `read the secret key of ${name}`),
    parse: (text) => new Secret(textAt(parseXml(text.trim()), 'PASSWORD')),
  };
}
