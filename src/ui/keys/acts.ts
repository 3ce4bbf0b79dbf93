import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { keyOfCertificate } from '../../core/ssh/keys/publicKeys';
import type { KeyEntry, KeyFile } from '../../core/ssh/keys/model';
import { chooseMachine, mustBe } from '../commands/choose';
import { keyRow, shortPath } from '../model/keyRow';
import { busy } from '../notifications';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import type { KeysTree } from './keysTree';
import { isKeyNode } from './keysTree';

type Wanted = (entry: KeyEntry) => boolean;
type WithFile = KeyEntry & { readonly file: KeyFile };

const hasPrivate = (entry: KeyEntry): entry is WithFile => entry.file !== undefined && entry.file.secrecy !== 'public';
const passphraseTries = 3;

/** What the commands of the Keys view do. Each works on the row that it was called on, or asks which key is meant. */
export class KeyActs {
  constructor(
    private readonly ui: Ui,
    private readonly tree: KeysTree,
  ) {}

  async copyPublic(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Copy public key'));
    const keyring = await this.ui.services.keyring();
    await vscode.env.clipboard.writeText(`${await keyring.publicLine(entry)}\n`);
    this.#say(l10n.t('Copied the public key of {0}', this.#name(entry)));
  }

  async copyFingerprint(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Copy fingerprint'), ({ facts }) => facts !== undefined);
    await vscode.env.clipboard.writeText(entry.facts?.fingerprint ?? '');
    this.#say(l10n.t('Copied: {0}', entry.facts?.fingerprint ?? ''));
  }

  async create(): Promise<void> {
    const { homeDir } = this.ui.services;
    const keyring = await this.ui.services.keyring();
    const taken = new Set((await keyring.list()).keys.flatMap(({ file }) => (file === undefined ? [] : [shortPath(file.path, homeDir)])));
    let type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519';
    let name = '';
    let comment = '';
    let passphrase: Secret | undefined;
    await wizard(l10n.t('Create an SSH key'), [
      async (step) => {
        type = await step.pick({
          placeholder: l10n.t('Which type?'),
          items: [
            { label: 'ED25519', description: l10n.t('recommended'), value: 'ed25519' as const },
            { label: 'RSA 4096', description: l10n.t('for servers that are very old'), value: 'rsa' as const },
            { label: 'ECDSA 256', description: l10n.t('where a rule asks for it'), value: 'ecdsa' as const },
          ],
        });
        return true;
      },
      async (step) => {
        const proposal = name || freeName(`id_${type}`, taken);
        const prompt = l10n.t('Name of the file in ~/.ssh');
        const validate = (value: string): string | undefined => nameProblem(value.trim(), taken);
        name = (await step.input({ prompt, value: proposal, validate })).trim();
        return true;
      },
      async (step) => {
        comment = (
          await step.input({ prompt: l10n.t('Comment, by which others recognize the key'), value: comment || defaultComment() })
        ).trim();
        return true;
      },
      async (step) => {
        const text = await step.input({ prompt: l10n.t('Passphrase; leave it empty for a key that opens without one'), password: true });
        passphrase = text === '' ? undefined : new Secret(text);
        return true;
      },
      async (step) => {
        if (passphrase === undefined) return false;
        const first = passphrase.reveal();
        const validate = (value: string): string | undefined =>
          value === first ? undefined : l10n.t('This is not what you typed before.');
        await step.input({ prompt: l10n.t('The same passphrase again'), password: true, validate });
        return true;
      },
    ]);
    const path = await busy(l10n.t('Creating {0}', name), () => keyring.create({ name, type, comment }, passphrase));
    this.tree.refresh();
    const copy = { label: l10n.t('Copy Public Key'), act: async () => vscode.env.clipboard.writeText(`${await lineOf(this.ui, path)}\n`) };
    this.ui.notifications.tell(l10n.t('The key {0} is there. Machines open to it once its public half is installed on them.', name), [
      copy,
    ]);
  }

  async setPassphrase(arg: unknown): Promise<void> {
    const { file } = await this.#chooseFile(arg, l10n.t('Set passphrase'));
    const title = l10n.t('Passphrase of {0}', shortPath(file.path, this.ui.services.homeDir));
    const old =
      file.secrecy === 'locked'
        ? new Secret(await ask(title).input({ prompt: l10n.t('The passphrase that it has now'), password: true }))
        : undefined;
    const keyring = await this.ui.services.keyring();
    // a wrong one is told before the new one is asked for
    if (old !== undefined) await busy(l10n.t('Opening the key'), () => keyring.check(file, old));
    const text = await ask(title).input({ prompt: l10n.t('The new passphrase; leave it empty for none'), password: true });
    if (text !== '') {
      const validate = (value: string): string | undefined => (value === text ? undefined : l10n.t('This is not what you typed before.'));
      await ask(title).input({ prompt: l10n.t('The new passphrase again'), password: true, validate });
    } else if (file.secrecy === 'locked') {
      const remove = l10n.t('Remove Passphrase');
      const detail = l10n.t('Whoever gets the file can then log in with it.');
      const question = l10n.t('Keep {0} without a passphrase?', shortPath(file.path, this.ui.services.homeDir));
      mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, remove), remove);
    } else return;
    await busy(l10n.t('Writing the key'), () => keyring.setPassphrase(file, old, text === '' ? undefined : new Secret(text)));
    this.tree.refresh();
    this.#say(text === '' ? l10n.t('The passphrase is gone') : l10n.t('The passphrase is set'));
  }

  async addToAgent(arg: unknown): Promise<void> {
    const entry = await this.#chooseFile(arg, l10n.t('Add to agent'), ({ agent }) => agent === undefined);
    const keyring = await this.ui.services.keyring();
    await this.#opened(entry.file, (passphrase) => keyring.addToAgent(entry.file, passphrase));
    this.tree.refresh();
    this.#say(l10n.t('The agent holds {0}', this.#name(entry)));
  }

  async removeFromAgent(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Remove from agent'), ({ agent }) => agent !== undefined);
    await (await this.ui.services.keyring()).removeFromAgent(entry);
    this.tree.refresh();
    this.#say(l10n.t('The agent no longer holds {0}', this.#name(entry)));
  }

  async repairModes(arg: unknown): Promise<void> {
    const { file } = await this.#chooseFile(arg, l10n.t('Repair permissions'), (entry) => entry.file?.problem?.kind === 'modes');
    await (await this.ui.services.keyring()).repairModes(file);
    this.tree.refresh();
    this.#say(l10n.t('Only you may read {0} now', shortPath(file.path, this.ui.services.homeDir)));
  }

  async reveal(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Reveal'), ({ file }) => file !== undefined);
    if (entry.file !== undefined) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(entry.file.path));
  }

  async delete(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Delete key'), ({ file }) => file !== undefined);
    const { file, usedBy } = entry;
    if (file === undefined) return;
    const remove = l10n.t('Delete');
    const lines = [
      file.path,
      file.secrecy === 'public' ? undefined : l10n.t('Nobody can make this private key again: what only it opens stays closed.'),
      usedBy.length === 0 ? undefined : l10n.t('These machines are opened with it: {0}.', usedBy.join(', ')),
    ];
    const detail = lines.filter((line) => line !== undefined).join('\n\n');
    const question = l10n.t('Delete the key {0}?', this.#name(entry));
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail }, remove), remove);
    await (await this.ui.services.keyring()).remove(file);
    this.tree.refresh();
  }

  async forgetAnswers(): Promise<void> {
    const count = await this.ui.services.forgetAnswers();
    this.ui.notifications.tell(
      count === 0
        ? l10n.t('Nothing was kept in the keychain. Keys that this window has opened stay open until it is closed.')
        : l10n.t(
            '{0} passphrases and passwords are gone from the keychain. Keys that this window has opened stay open until it is closed.',
            count,
          ),
      [],
    );
  }

  /** Lets a key log in on a machine. */
  async install(arg: unknown): Promise<void> {
    const entry = await this.#choose(arg, l10n.t('Install key'));
    const machine = await chooseMachine(this.ui, undefined, l10n.t('Install {0}', this.#name(entry)), { alwaysAsk: true });
    const line = await (await this.ui.services.keyring()).publicLine(entry);
    const machineKeys = await this.ui.services.machineKeys();
    const title = l10n.t('Installing the key on {0}', machine.name);
    const how = await busy(title, (signal) => machineKeys.install(machine, line, signal));
    const proof = hasPrivate(entry)
      ? { identityFile: entry.file.path }
      : entry.agent === undefined
        ? undefined
        : { agentKey: (keyOfCertificate(entry.agent.blob) ?? entry.agent.blob).toString('base64') };
    const listed = how === 'there' ? l10n.t('{0} lists this key already.', machine.name) : l10n.t('{0} lists this key now.', machine.name);
    if (proof === undefined) {
      this.ui.notifications.tell(l10n.t('{0} Its private half is not here, so the login was not tried.', listed), []);
      return;
    }
    const works = await busy(l10n.t('Trying the key on {0}', machine.name), (signal) =>
      this.ui.services.access.letsIn(machine, proof, signal),
    );
    if (!works) {
      throw new SkylabError(`${machine.name} lists the key in ~/.ssh/authorized_keys now, but does not let it in.`, {
        code: 'KeyNotLetIn',
        next: 'Its sshd may look for authorized keys elsewhere, or refuse this type of key: ask whoever runs it.',
      });
    }
    this.ui.notifications.tell(l10n.t('{0} A login with it works.', listed), []);
  }

  /** Shows who may log in on a machine, and takes out the chosen ones. */
  async uninstall(arg: unknown): Promise<void> {
    const machine = await chooseMachine(this.ui, arg, l10n.t('Remove keys from a machine'));
    const machineKeys = await this.ui.services.machineKeys();
    const { keys, mine } = await busy(l10n.t('Reading the keys of {0}', machine.name), (signal) => machineKeys.list(machine, signal));
    if (keys.length === 0) throw new SkylabError(`No key is listed in ~/.ssh/authorized_keys of ${machine.name}.`, {});
    const items = keys.map((key) => ({
      label: `$(key) ${key.comment === '' ? l10n.t('without comment') : key.comment}`,
      description: key.facts === undefined ? '' : `${key.facts.kind} ${key.facts.bits}`,
      detail: [key.facts?.fingerprint, key.blob === mine ? l10n.t('you are logged in with it') : undefined, key.options]
        .filter((part) => part !== undefined && part !== '')
        .join(' · '),
      value: key,
    }));
    const placeHolder = l10n.t('Which keys may no longer log in on {0}?', machine.name);
    const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, placeHolder, matchOnDetail: true, ignoreFocusOut: true });
    if (chosen === undefined || chosen.length === 0) return;
    const blobs = chosen.map(({ value }) => value.blob);
    const evenMine = mine !== undefined && blobs.includes(mine);
    const remove = l10n.t('Remove');
    const own = l10n.t('One of them is the key that you are logged in with: without another way in you lock yourself out.');
    const detail = [
      ...chosen.map(({ label, detail: fingerprint }) => `${label.replace('$(key) ', '')}\n${fingerprint}`),
      ...(evenMine ? [own] : []),
    ];
    const question = l10n.t('Remove {0} keys from {1}?', blobs.length, machine.name);
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join('\n\n') }, remove), remove);
    await busy(l10n.t('Removing keys from {0}', machine.name), (signal) => machineKeys.remove(machine, blobs, { evenMine, signal }));
    this.#say(l10n.t('Removed {0} keys from {1}', blobs.length, machine.name));
  }

  /** Asks for the passphrase of a locked key until it is the right one. */
  async #opened(file: KeyFile, act: (passphrase: Secret | undefined) => Promise<void>): Promise<void> {
    if (file.secrecy !== 'locked') {
      await act(undefined);
      return;
    }
    const title = l10n.t('Passphrase of {0}', shortPath(file.path, this.ui.services.homeDir));
    let prompt = l10n.t('Its passphrase');
    for (let attempt = 1; ; attempt++) {
      const passphrase = new Secret(await ask(title).input({ prompt, password: true }));
      try {
        await busy(l10n.t('Opening the key'), () => act(passphrase));
        return;
      } catch (error) {
        if (!(error instanceof SkylabError) || error.code !== 'WrongPassphrase' || attempt === passphraseTries) throw error;
        prompt = l10n.t('That was not it. Its passphrase');
      }
    }
  }

  /** @throws SkylabError when the row's key is gone, or none fits */
  async #choose(arg: unknown, title: string, wanted: Wanted = () => true): Promise<KeyEntry> {
    const { keys } = await (await this.ui.services.keyring()).list();
    if (isKeyNode(arg)) {
      const entry = keys.find(({ id }) => id === arg.keyId);
      if (entry !== undefined && wanted(entry)) return entry;
      this.tree.refresh();
      throw new SkylabError('This key has changed meanwhile.', { next: 'Look at the list again.' });
    }
    const fitting = keys.filter(wanted);
    if (fitting.length === 0) throw new SkylabError('There is no key for this.', { next: 'Create one.' });
    const items = fitting.map((entry) => {
      const row = keyRow(entry, this.ui.services.homeDir, l10n);
      return { label: `$(${row.icon.id}) ${row.label}`, description: row.description, detail: entry.comment, value: entry };
    });
    return ask(title).pick({ placeholder: l10n.t('Choose a key'), items });
  }

  async #chooseFile(arg: unknown, title: string, wanted: Wanted = () => true): Promise<WithFile> {
    const entry = await this.#choose(arg, title, (one) => hasPrivate(one) && wanted(one));
    if (!hasPrivate(entry)) throw new SkylabError('This key is in no file of this computer.', { next: 'Choose another one.' });
    return entry;
  }

  #name(entry: KeyEntry): string {
    return keyRow(entry, this.ui.services.homeDir, l10n).label;
  }

  #say(text: string): void {
    vscode.window.setStatusBarMessage(`$(check) ${text}`, 4000);
  }
}

async function lineOf(ui: Ui, path: string): Promise<string> {
  const keyring = await ui.services.keyring();
  const entry = (await keyring.list()).keys.find(({ id }) => id === path);
  return entry === undefined ? '' : keyring.publicLine(entry);
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let i = 2; ; i++) if (!taken.has(`${wanted}_${i}`)) return `${wanted}_${i}`;
}

function nameProblem(name: string, taken: ReadonlySet<string>): string | undefined {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,62}$/.test(name) || name.endsWith('.pub')) return l10n.t('Use letters, digits, _ and -.');
  return taken.has(name) ? l10n.t('There is a key of this name already.') : undefined;
}

function defaultComment(): string {
  return `${process.env['USER'] ?? process.env['USERNAME'] ?? 'me'}@${vscode.env.appHost === 'desktop' ? 'laptop' : 'editor'}`;
}
