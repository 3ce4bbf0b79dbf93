import type { Account } from '../../../core/cloud/model';
import { SkylabError, type CancelledError } from '../../../core/errors';
import { explainAwsError } from '../errors';

interface Said {
  readonly place: string;
  readonly doing: string;
  readonly message: string;
}

type Sentence = (said: Said) => { readonly message: string; readonly next: string; readonly code: string };

/** What econe-server says with the one code `UnsupportedOperation`, told apart by its words (CloudServer.rb, XMLRPC's messages of oned). */
const BY_WORDS: readonly (readonly [RegExp, Sentence])[] = [
  [
    /feature is not supported/,
    ({ place, doing }) => ({
      message: `OpenNebula's EC2 interface at ${place} cannot ${doing}.`,
      next: 'What it lacks can be done in its own web interface (Sunstone), or by whoever runs it.',
      code: 'Unsupported',
    }),
  ],
  [
    /Wrong argument/,
    ({ place, doing }) => ({
      message: `The OpenNebula at ${place} has a fault (versions 5.6 to 5.12) with which it cannot ${doing}.`,
      next: 'Do it in Sunstone, or ask whoever runs the cloud: its EC2 interface works in the versions up to 5.4.',
      code: 'OpenNebulaFault',
    }),
  ],
  [
    /wrong state/i,
    ({ doing }) => ({
      message: `Can't ${doing}: its state does not allow it now.`,
      next: 'Wait until it has settled, then try again.',
      code: 'WrongState',
    }),
  ],
  [
    /limit of .* reached|quota/i,
    ({ place, doing, message }) => ({
      message: `A quota at ${place} does not let you ${doing}: ${message}`,
      next: 'Remove what is not needed, or ask whoever runs the cloud for more.',
      code: 'OverLimit',
    }),
  ],
  [/in use/i, ({ doing }) => ({ message: `Can't ${doing}: it is still in use.`, next: 'Try again when nothing uses it.', code: 'InUse' })],
  [
    /^address:(\S+) does not exist/,
    ({ doing, message }) => ({
      message: `Can't ${doing}: ${message.replace('address:', 'the address ')}`,
      next: 'Refresh the list.',
      code: 'NoSuchAddress',
    }),
  ],
];

const BY_CODE: Readonly<Record<string, Sentence>> = {
  'InvalidInstanceAttributeValue.NotFound': ({ place, message }) => ({
    message: `${place} knows no instance type ${message.split(' ').at(-1)?.replace(/\.$/, '') ?? ''}.`,
    next: 'Its types cannot be listed: ask whoever runs it for their names (EC2_INSTANCE_TYPE of its templates), such as m1.small.',
    code: 'NoSuchType',
  }),
  AddressLimitExceeded: ({ place }) => ({
    message: `${place} has no free elastic address.`,
    next: 'Release one that is not needed, or ask whoever runs the cloud.',
    code: 'OverLimit',
  }),
};

/** As `explainAwsError`, for what an OpenNebula answered. */
export function explainOpenNebulaError(error: unknown, account: Account, doing: string): SkylabError | CancelledError {
  if (!(error instanceof Error) || error instanceof SkylabError) return explainAwsError(error, { account, doing });
  const byCode = BY_CODE[error.name];
  const sentence = byCode ?? BY_WORDS.find(([words]) => error.name === 'UnsupportedOperation' && words.test(error.message))?.[1];
  if (sentence !== undefined) {
    const place = account.kind === 'endpoint' ? account.endpoint : account.name;
    const { message, next, code } = sentence({ place, doing, message: error.message.trim().replace(/\.?$/, '.') });
    return new SkylabError(message, { next, code, cause: error });
  }
  if (error.name !== 'UnsupportedOperation') return explainAwsError(error, { account, doing });
  // The catch-all code says nothing: the words have to do.
  return explainAwsError(Object.assign(new Error(error.message, { cause: error.cause }), { name: 'Refused', code: 'Refused' }), {
    account,
    doing,
  });
}
