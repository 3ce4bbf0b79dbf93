import { X509Certificate } from 'node:crypto';

/** What a person wants to know of a certificate. */
export interface Certificate {
  /** Host names and addresses that it is for, as browsers read them. */
  readonly names: readonly string[];
  /** Who vouches: common name, else organization. */
  readonly issuer: string;
  readonly selfSigned: boolean;
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** SHA-256 over the DER form, upper case with colons, as openssl prints it. */
  readonly fingerprint: string;
  /** The public key as SPKI in PEM. */
  readonly publicKey: string;
}

const BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** The certificates of a PEM text in order; what cannot be parsed is left out. */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(BLOCK) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** Reads one certificate. */
export function describeCertificate(certificate: X509Certificate): Certificate {
  return {
    names: namesOf(certificate),
    issuer: nameIn(certificate.issuer),
    selfSigned: certificate.checkIssued(certificate),
    from: Date.parse(certificate.validFrom),
    until: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
    publicKey: spki(certificate.publicKey),
  };
}

/** The first certificate of a PEM text, which is the one that servers present. */
export function firstCertificate(pem: string): Certificate | undefined {
  const [first] = certificatesIn(pem);
  return first === undefined ? undefined : describeCertificate(first);
}

/** `DNS:a.example, IP Address:10.0.0.1`; without any, browsers accept no name at all, so the common name counts for nothing. */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => {
    const match = /^(?:DNS|IP Address):"?([^"]*)"?$/.exec(entry);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

/** Lines of `CN=…`, `O=…`. */
export function nameIn(subject: string): string {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(subject)?.[1];
  return value('CN') ?? value('O') ?? value('OU') ?? '';
}

const spki = (key: X509Certificate['publicKey']): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** Whether the certificate is for a host name: `*` stands for one label. */
export function covers(names: readonly string[], host: string): boolean {
  const wanted = host.toLowerCase();
  return names.some((name) => {
    const own = name.toLowerCase();
    return own === wanted || (own.startsWith('*.') && wanted.includes('.') && own.slice(1) === wanted.slice(wanted.indexOf('.')));
  });
}

/** Whole days that are left, negative when it has ended. */
export const daysLeft = (until: number, now: number): number => Math.floor((until - now) / 86_400_000);

/**
 * Whether a certificate ends within these days without being one that its server renews as a matter of course: one that never counted
 * for so long is due only when a third of its time is left.
 */
export function endsSoon({ from, until }: Pick<Certificate, 'from' | 'until'>, days: number, now: number): boolean {
  return until - now < Math.min(days * 86_400_000, (until - from) / 3);
}
