import type { KeyObject, X509Certificate } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { SkylabError } from '../errors';
import { Secret } from '../secret';
import type { Certificate } from './x509';
import { certificatesIn, covers, daysLeft, describeCertificate, nameIn } from './x509';

/** Days before its end that a certificate should be replaced. */
export const SOON_DAYS = 14;
/** Bits below which browsers refuse an RSA key. */
const LEAST_RSA_BITS = 2048;

/** A certificate that the person has, checked and put in order. */
export interface GivenCertificate {
  readonly certificate: Certificate;
  /** PEM: the certificate first, then those that vouch for it, without the root. */
  readonly chain: string;
  /** PEM, PKCS #8, without a passphrase. */
  readonly key: Secret;
  /** What the person should know, and what does not hinder. */
  readonly notes: readonly string[];
}

interface GivenFiles {
  /** PEM texts that hold certificates, in any order. */
  readonly certificates: string;
  readonly key: string | KeyObject;
  readonly passphrase?: Secret;
}

const refused = (message: string, code: string, next?: string, cause?: unknown): SkylabError =>
  new SkylabError(message, { code, cause, ...(next === undefined ? {} : { next }) });

/** Whether a PEM text holds a private key that asks for a passphrase. */
export const asksPassphrase = (pem: string): boolean => /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);

/**
 * Checks that files belong together and puts the chain in order; nothing is sent anywhere.
 * @param hosts names under which the site is opened: each must be covered
 * @param now milliseconds since the epoch
 * @throws SkylabError `NoCertificate`, `NoPrivateKey`, `WrongPassphrase`, `KeyMismatch`, `CertificateEnded`, `NameNotCovered`, `WeakKey`
 */
export function checkGiven(files: GivenFiles, hosts: readonly string[], now: number): GivenCertificate {
  const all = certificatesIn(files.certificates);
  if (all.length === 0) {
    throw refused('There is no certificate in that file.', 'NoCertificate', 'It should have lines such as “-----BEGIN CERTIFICATE-----”.');
  }
  const key = typeof files.key === 'string' ? readKey(files.key, files.passphrase) : files.key;
  const leaf = all.find((one) => one.checkPrivateKey(key));
  if (leaf === undefined) {
    const [first] = all.map(describeCertificate);
    throw refused(
      `The private key does not belong to the certificate for ${first?.names.join(', ') ?? 'this name'}.`,
      'KeyMismatch',
      'Choose the key that the certificate was asked for with.',
    );
  }
  const certificate = describeCertificate(leaf);
  if (now > certificate.until) {
    throw refused(`The certificate ended on ${day(certificate.until)}.`, 'CertificateEnded', 'Ask its issuer for a new one.');
  }
  if (now < certificate.from) throw refused(`The certificate counts only from ${day(certificate.from)} on.`, 'CertificateEnded');
  const uncovered = hosts.filter((host) => !covers(certificate.names, host));
  if (uncovered.length > 0) {
    throw refused(
      `The certificate is for ${certificate.names.join(', ') || 'no name'}, not for ${uncovered.join(', ')}.`,
      'NameNotCovered',
      'Browsers would refuse the site. Ask for a certificate that has this name.',
    );
  }
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < LEAST_RSA_BITS) {
    throw refused(
      `Its key has ${bits} bits; browsers refuse fewer than ${LEAST_RSA_BITS}.`,
      'WeakKey',
      'Ask for a certificate with a new key.',
    );
  }
  const chain = chainFrom(leaf, all);
  return {
    certificate,
    chain: chain.map((one) => one.toString().trimEnd() + '\n').join(''),
    key: new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    notes: notesOn(chain, all, certificate, now),
  };
}

/** @throws SkylabError `NoPrivateKey`, `WrongPassphrase` */
function readKey(pem: string, passphrase: Secret | undefined): KeyObject {
  const block = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )*PRIVATE KEY-----/.exec(pem)?.[0];
  if (block === undefined) {
    throw refused('There is no private key in that file.', 'NoPrivateKey', 'It should have lines such as “-----BEGIN PRIVATE KEY-----”.');
  }
  try {
    return createPrivateKey({ key: block, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) });
  } catch (cause) {
    if (asksPassphrase(block)) throw refused('The passphrase does not open the private key.', 'WrongPassphrase', 'Try again.', cause);
    throw refused('The private key cannot be read.', 'NoPrivateKey', 'RSA, EC and Ed25519 keys in PEM are known.', cause);
  }
}

/** From the certificate upwards as far as the given ones go; a root is left out, since whoever trusts it has it. */
function chainFrom(leaf: X509Certificate, all: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [leaf];
  for (let last = leaf; ;) {
    const above = all.find((one) => !chain.includes(one) && isIssuer(one, last));
    if (above === undefined || isIssuer(above, above)) return chain;
    chain.push(above);
    last = above;
  }
}

const isIssuer = (issuer: X509Certificate, of: X509Certificate): boolean => of.checkIssued(issuer) && of.verify(issuer.publicKey);

/** Whether a chain ends at a root that browsers know, by the list of Mozilla's that comes with node. */
function isPublic(last: X509Certificate): boolean {
  const wanted = last.issuer;
  return certificatesIn(rootCertificates.join('\n')).some((root) => root.subject === wanted && isIssuer(root, last));
}

function notesOn(
  chain: readonly X509Certificate[],
  all: readonly X509Certificate[],
  { until, selfSigned }: Certificate,
  now: number,
): string[] {
  const last = chain.at(-1);
  const notes: string[] = [];
  const left = daysLeft(until, now);
  if (left < SOON_DAYS) notes.push(`It ends in ${left} days.`);
  if (selfSigned) notes.push('It vouches for itself: browsers warn of it.');
  else if (last !== undefined && !isPublic(last)) {
    const known = all.some((one) => isIssuer(one, one) && isIssuer(one, last));
    notes.push(
      known
        ? `Its root, ${nameIn(last.issuer)}, is none that browsers know by themselves.`
        : `The chain ends at ${nameIn(last.issuer)}, which browsers do not know: either a certificate in between is missing from the file, or the issuer is your own.`,
    );
  }
  const order = all.filter((one) => chain.includes(one)).some((one, index) => one !== chain[index]);
  if (order) notes.push('The certificates were in another order; they are put right.');
  const extra = all.filter((one) => !chain.includes(one) && !isIssuer(one, one)).length;
  if (extra > 0) notes.push(`${extra} certificates that have nothing to do with it are left out.`);
  return notes;
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
