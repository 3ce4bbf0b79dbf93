import type { Operation } from '../../operations/operations';
import type { Step } from '../../operations/step';
import type { Account } from '../model';
import { TAG } from '../tags';
import { makingStep, type Act, type Acts } from './act';
import { unless } from './made';

/** What can be done with key pairs. Private keys are made on this computer: the cloud only ever sees the public half. */
export class KeyPairActs {
  constructor(private readonly acts: Acts) {}

  /** Makes a private key in Skylab's folder and gives the cloud its public half. */
  create(account: Account, name: string): Operation {
    const { identities } = this.acts.ports;
    let made: { readonly path: string; readonly publicKey: string } | undefined;
    const steps: Step<Act>[] = [
      {
        name: 'key',
        title: 'Make the private key on this computer',
        run: async (_, io) => {
          made = await identities.create(name, `${name} (Skylab)`);
          await io.created({ kind: 'identityFile', id: made.path, label: made.path });
        },
        undo: async (_, io) => {
          if (made === undefined) return;
          await identities.remove(made.path);
          await io.forgotten({ kind: 'identityFile', id: made.path });
        },
      },
      this.#importStep(name, 'new', () => made?.publicKey ?? ''),
    ];
    return this.acts.start(account, `Create the key pair ${name}`, steps);
  }

  /** @param publicKey line as in authorized_keys */
  import(account: Account, name: string, publicKey: string): Operation {
    return this.acts.start(account, `Import the key pair ${name}`, [this.#importStep(name, 'imported', () => publicKey)]);
  }

  /** @param files private keys of this computer that go, too */
  delete(account: Account, names: readonly string[], files: readonly string[]): Operation {
    const { providers, identities } = this.acts.ports;
    const steps: Step<Act>[] = [
      ...names.map((name): Step<Act> => ({
        name,
        title: `Delete ${name} from the cloud`,
        onFailure: 'keep',
        run: async (act) => unless((await providers.for(act.account)).deleteKeyPair(name), 'NoSuchKeyPair'),
      })),
      ...files.map((file): Step<Act> => ({
        name: file,
        title: `Delete ${file} from this computer`,
        onFailure: 'keep',
        run: () => identities.remove(file),
      })),
    ];
    const only = names.length === 1 ? names[0] : undefined;
    return this.acts.start(account, only === undefined ? `Delete ${names.length} key pairs` : `Delete the key pair ${only}`, steps);
  }

  #importStep(name: string, kind: 'new' | 'imported', publicKey: () => string): Step<Act> {
    const { providers } = this.acts.ports;
    return makingStep({
      name: 'import',
      title: 'Give the cloud its public half',
      run: async (act) => (await providers.for(act.account)).importKeyPair(name, publicKey(), { ...act.tags(name), [TAG.key]: kind }),
    });
  }
}
