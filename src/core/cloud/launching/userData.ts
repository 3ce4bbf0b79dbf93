import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { MAX_USER_DATA_BYTES, userDataBytes } from '../../../shared/launchSpec';
import { SkylabError } from '../../errors';
import { cloudConfig } from './cloudConfig';
import { isPlain, type FirstBootPlan } from './firstBootPlan';

export interface UserData {
  /** What the machine reads, unpacked. */
  readonly text: string;
  /** What is sent: the text itself, or packed where it would not fit. cloud-init unpacks it. */
  readonly sent: string | Uint8Array;
  /** The cloud-config parts, to be checked. */
  readonly configs: readonly string[];
}

/**
 * What the machine is given for its first boot: the person's own data byte for byte where nothing else is asked, one cloud-config where
 * they gave none, both as a MIME message otherwise (cloud-init's "User data formats").
 * @throws SkylabError `UserDataTooLarge`, saying what takes the room
 */
export function userDataOf(plan: FirstBootPlan, loginUser: string): UserData {
  const own = isConfig(plan.userData) ? [plan.userData] : [];
  if (isPlain(plan)) return { text: plan.userData, sent: packed(plan.userData, plan), configs: own };
  const config = cloudConfig(plan, loginUser);
  const text = plan.userData === '' ? config : multipart(config, plan.userData);
  return { text, sent: packed(text, plan), configs: [config, ...own] };
}

/** Not a template, which is cloud-config only after the machine has filled it in. */
function isConfig(userData: string): boolean {
  return /^#cloud-config\s*$/m.test(userData.slice(0, 200).split('\n')[0] ?? '');
}

/** cloud-init's part types by the first line. Scripts run in the order of their names, after `runcmd`. */
const TYPES: readonly (readonly [head: string, type: string])[] = [
  ['#!', 'text/x-shellscript'],
  ['#cloud-config', 'text/cloud-config'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#include', 'text/x-include-url'],
  ['#part-handler', 'text/part-handler'],
  ['## template: jinja', 'text/jinja2'],
];
/** Lists of both sides are joined, the machine's set-up first; of two other values the first counts. */
const MERGE = 'Merge-Type: list(append)+dict(no_replace,recurse_list)+str()';

function multipart(config: string, own: string): string {
  const boundary = `skylab-${createHash('sha256').update(config).update(own).digest('hex').slice(0, 24)}`;
  const parts = [part('text/cloud-config', 'skylab.cfg', config), ownPart(own)];
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n`,
    ...parts.map((one) => `--${boundary}\n${one}`),
    `--${boundary}--\n`,
  ].join('\n');
}

function ownPart(own: string): string {
  const type = TYPES.find(([head]) => own.startsWith(head))?.[1];
  // A MIME message becomes a part as it is: its own headers say what is in it.
  if (type === undefined) return own.replace(/^From [^\n]*\n/, '');
  return part(type, 'set-up-script', own, type === 'text/cloud-config' || type === 'text/jinja2' ? [MERGE] : []);
}

/** Python's e-mail reader mangles 8-bit text, so what is not ASCII is sent as base64. */
function part(type: string, name: string, content: string, headers: readonly string[] = []): string {
  // eslint-disable-next-line no-control-regex -- ASCII is what it is about
  const ascii = /^[\x00-\x7f]*$/.test(content) && !/[^\n]{990}/.test(content);
  const body = ascii
    ? content
    : (
        Buffer.from(content, 'utf8')
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\n');
  return [
    `Content-Type: ${type}; charset="utf-8"`,
    `Content-Transfer-Encoding: ${ascii ? '7bit' : 'base64'}`,
    `Content-Disposition: attachment; filename="${name}"`,
    ...headers,
    '',
    body,
  ].join('\n');
}

function packed(text: string, plan: FirstBootPlan): string | Uint8Array {
  if (userDataBytes(text) <= MAX_USER_DATA_BYTES) return text;
  const small = gzipSync(Buffer.from(text, 'utf8'), { level: 9 });
  if (small.length <= MAX_USER_DATA_BYTES) return small;
  const takers = sizes(plan)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([what, bytes]) => `${what} ${bytes}`);
  throw new SkylabError(
    `The set-up takes ${small.length} bytes even when packed; at most ${MAX_USER_DATA_BYTES} fit. Bytes before packing: ${takers.join(', ')}.`,
    { next: 'Copy large files and scripts after set-up instead, and run them from there.', code: 'UserDataTooLarge' },
  );
}

function sizes(plan: FirstBootPlan): readonly (readonly [string, number])[] {
  const bytes = (value: unknown) => userDataBytes(JSON.stringify(value)) - 2;
  return [
    ['set-up script', userDataBytes(plan.userData)],
    ['users and their keys', bytes(plan.users)],
    ['packages', bytes(plan.packages)],
    ['files', bytes(plan.files)],
    ['commands', bytes(plan.commands)],
    ['disks', bytes(plan.disks)],
  ];
}
