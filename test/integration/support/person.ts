import { Secret } from '../../../src/core/secret';
import type { Log } from '../../../src/core/log';
import type { HostKeyVerdict, SshQuestions } from '../../../src/core/ssh/ports';

/** Answers of a person at the keyboard, given beforehand; what was asked is kept. */
export interface Person extends SshQuestions {
  readonly asked: string[];
}

export function person(answers: { accept?: boolean; passphrases?: string[]; passwords?: string[]; identity?: string } = {}): Person {
  const asked: string[] = [];
  const typed = (list: string[] | undefined): Secret | undefined => {
    const next = list?.shift();
    return next === undefined ? undefined : new Secret(next);
  };
  return {
    asked,
    acceptHostKey: async ({ machine, fingerprint, why }) => {
      asked.push(`accept ${machine} ${fingerprint} ${why}`);
      return answers.accept ?? false;
    },
    passphrase: async (identityFile) => {
      asked.push(`passphrase ${identityFile}`);
      return typed(answers.passphrases);
    },
    password: async (prompt) => {
      asked.push(`password ${prompt}`);
      return typed(answers.passwords);
    },
    identityFor: async (machine) => {
      asked.push(`identity ${machine}`);
      return answers.identity;
    },
  };
}

export const acceptAny = async (): Promise<HostKeyVerdict> => ({ accept: true });

export const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
