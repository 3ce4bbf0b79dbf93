import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { GivenCertificate } from '../../core/certificates/given';
import { asksPassphrase, checkGiven } from '../../core/certificates/given';
import { isPkcs12, readPkcs12 } from '../../core/certificates/pkcs12';
import { CancelledError, SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { ask } from '../quick/wizard';

const KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

/** Asks for the files of a certificate and checks them here; nothing is sent. @throws SkylabError with the reason, CancelledError */
export async function askGiven(title: string, hosts: readonly string[]): Promise<GivenCertificate> {
  const file = await choose(title, l10n.t('Use This Certificate'), {
    [l10n.t('Certificates')]: ['pem', 'crt', 'cer', 'p12', 'pfx'],
    [l10n.t('All files')]: ['*'],
  });
  const bytes = await read(file);
  if (isPkcs12(bytes)) {
    return asking(title, (passphrase) => checkGiven(readPkcs12(bytes, passphrase), hosts, Date.now()));
  }
  const certificates = bytes.toString('utf8');
  const key = KEY.test(certificates) ? certificates : (await read(await chooseKey(title, file))).toString('utf8');
  if (!asksPassphrase(key)) return checkGiven({ certificates, key }, hosts, Date.now());
  return asking(title, (passphrase) => checkGiven({ certificates, key, passphrase }, hosts, Date.now()));
}

/** Asks for the passphrase until it opens the key. */
async function asking(title: string, open: (passphrase: Secret) => GivenCertificate): Promise<GivenCertificate> {
  let prompt = l10n.t('Passphrase of the private key. It is not kept.');
  for (;;) {
    const passphrase = new Secret(await ask(title).input({ prompt, password: true }));
    try {
      return open(passphrase);
    } catch (error) {
      if (!(error instanceof SkylabError) || error.code !== 'WrongPassphrase') throw error;
      prompt = l10n.t('That did not open it. Passphrase of the private key:');
    }
  }
}

/** The key usually lies beside the certificate. */
function chooseKey(title: string, certificate: vscode.Uri): Promise<vscode.Uri> {
  return choose(
    l10n.t('{0}: its private key', title),
    l10n.t('Use This Key'),
    { [l10n.t('Private keys')]: ['key', 'pem'], [l10n.t('All files')]: ['*'] },
    vscode.Uri.joinPath(certificate, '..'),
  );
}

async function choose(title: string, openLabel: string, filters: Record<string, string[]>, defaultUri?: vscode.Uri): Promise<vscode.Uri> {
  const [file] =
    (await vscode.window.showOpenDialog({ title, openLabel, filters, ...(defaultUri === undefined ? {} : { defaultUri }) })) ?? [];
  if (file === undefined) throw new CancelledError();
  return file;
}

/** A certificate with its whole chain is a few KiB. */
const MOST_BYTES = 1024 * 1024;

async function read(file: vscode.Uri): Promise<Buffer> {
  if ((await vscode.workspace.fs.stat(file)).size > MOST_BYTES) {
    throw new SkylabError(`${file.fsPath} is too large for a certificate.`, { next: 'Choose the file of the certificate.' });
  }
  return Buffer.from(await vscode.workspace.fs.readFile(file));
}
