import type { CertificateLook, Shown } from '../../core/certificates/certificates';
import type { CertificateFacts, Keeper, KeptCertificate } from '../../core/certificates/facts';
import { SOON_DAYS } from '../../core/certificates/given';
import type { Certificate } from '../../core/certificates/x509';
import { covers, daysLeft } from '../../core/certificates/x509';
import type { L10n } from './l10n';
import { tableCell } from './textTable';

/** How a certificate stands: `ill` where browsers refuse it now. */
type Standing = 'well' | 'soon' | 'ill';

/** Node's names for what OpenSSL finds wrong. Source: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
export function problemText(problem: string, l10n: L10n): string {
  switch (problem) {
    case 'CERT_HAS_EXPIRED':
      return l10n.t('it has ended');
    case 'CERT_NOT_YET_VALID':
      return l10n.t('it does not count yet');
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return l10n.t('it vouches for itself');
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return l10n.t('its issuer is none that browsers know');
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return l10n.t('the certificate in between is not sent along, or its issuer is not known');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return l10n.t('it is for another name');
    default:
      return problem;
  }
}

/** What is wrong with a certificate as a site shows it. Those of Caddy's own authority are meant so. */
export function standingOf({ certificate, name, problem }: Shown, now: number): Standing {
  const wrongName = name !== undefined && !covers(certificate.names, name);
  const ended = certificate.until <= now;
  if (ended || wrongName || problem === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || problem === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'ill';
  return endsSoon(certificate, now) ? 'soon' : 'well';
}

/** Those that count for days only are renewed in hours: soon is a third of the whole time, at most two weeks. */
function endsSoon({ from, until }: Certificate, now: number): boolean {
  return until - now < Math.min((until - from) / 4, SOON_DAYS * 86_400_000);
}

/** "until 12/24/2026 (33 days)"; hours for the last two days. */
export function untilText(until: number, now: number, l10n: L10n, locale?: string): string {
  const day = new Date(until).toLocaleDateString(locale);
  const days = daysLeft(until, now);
  if (until <= now) return l10n.t('ended on {0}', day);
  return days < 2 ? l10n.t('until {0} ({1} hours)', day, Math.floor((until - now) / 3_600_000)) : l10n.t('until {0} ({1} days)', day, days);
}

export function keeperText(keeper: Keeper, l10n: L10n): string {
  switch (keeper) {
    case 'caddy':
      return l10n.t('Caddy, renews it by itself');
    case 'certbot':
      return l10n.t('certbot');
    case 'skylab':
      return l10n.t('put there by Skylab');
    case 'other':
      return l10n.t('put there by hand');
  }
}

/** The file that what is shown comes from. */
export function keptOf({ kept }: CertificateFacts, { certificate }: Shown): KeptCertificate | undefined {
  return kept.find((one) => one.certificate.fingerprint === certificate.fingerprint);
}

/** Everything known about a machine's certificates, as a page of Markdown that also reads well as text. */
export function certificateReport(machine: string, look: CertificateLook, now: number, l10n: L10n, locale?: string): string {
  const { facts, shown } = look;
  return [
    `# ${tableCell(l10n.t('Certificates of {0}', machine))}`,
    l10n.t('Asked on {0}.', new Date(now).toLocaleString(locale)),
    `## ${l10n.t('What sites show')}`,
    shown.length === 0 ? l10n.t('Nothing speaks TLS there.') : shown.map((one) => shownText(one, facts, now, l10n, locale)).join('\n'),
    `## ${l10n.t('What lies on the machine')}`,
    facts.kept.length === 0 ? l10n.t('None.') : facts.kept.map((one) => keptText(one, now, l10n, locale)).join('\n'),
    `## ${l10n.t('Renewal')}`,
    renewalText(facts, l10n),
    '',
  ].join('\n\n');
}

/** A point of a list with what belongs to it below: a table of as many columns would break in every line. */
const point = (title: string, ...below: readonly string[]): string =>
  [`- ${tableCell(title)}`, ...below.map((line) => `  - ${tableCell(line)}`)].join('\n');

function shownText(one: Shown, facts: CertificateFacts, now: number, l10n: L10n, locale?: string): string {
  const standing = { well: l10n.t('✓ well'), soon: l10n.t('⚠ ends soon'), ill: l10n.t('✗ browsers refuse it') }[standingOf(one, now)];
  const kept = keptOf(facts, one);
  const here = {
    same: l10n.t('This computer is shown the same.'),
    other: l10n.t('This computer is shown another one.'),
    nothing: l10n.t('This computer gets no answer.'),
  };
  const trust = one.problem === undefined ? l10n.t('browsers trust it') : problemText(one.problem, l10n);
  const sent = one.sent === 1 ? l10n.t('sent alone') : l10n.t('{0} certificates are sent', one.sent);
  return point(
    [`${one.name ?? l10n.t('any name')}:${one.port}`, standing, untilText(one.certificate.until, now, l10n, locale)].join(' · '),
    [one.certificate.issuer, trust, sent].join(' · '),
    ...(kept === undefined ? [] : [`${keeperText(kept.keeper, l10n)} · ${kept.path}`]),
    one.here === undefined ? l10n.t('This computer reaches it by a jump host, and did not ask.') : here[one.here],
  );
}

function keptText({ keeper, path, certificate, keyFits }: KeptCertificate, now: number, l10n: L10n, locale?: string): string {
  const key =
    keyFits === undefined
      ? l10n.t('whether its key fits is not known')
      : keyFits
        ? l10n.t('✓ its key fits')
        : l10n.t('✗ its key does not fit');
  return point(
    [certificate.names.join(', '), untilText(certificate.until, now, l10n, locale)].join(' · '),
    path,
    [certificate.issuer, keeperText(keeper, l10n), key].join(' · '),
  );
}

function renewalText({ kept, certbot }: CertificateFacts, l10n: L10n): string {
  const lines: string[] = [];
  if (kept.some(({ keeper }) => keeper === 'caddy'))
    lines.push(l10n.t('Caddy renews its certificates when a third of their time is left.'));
  if (certbot !== undefined) {
    lines.push(
      !certbot.timer
        ? l10n.t('⚠ certbot is installed, and nothing has it renew: no timer, no cron job.')
        : certbot.next === undefined
          ? l10n.t('certbot renews by itself.')
          : l10n.t('certbot renews by itself; next look: {0}.', certbot.next),
    );
  }
  if (kept.some(({ keeper }) => keeper === 'skylab' || keeper === 'other'))
    lines.push(l10n.t('What was put there by hand is renewed by hand.'));
  return lines.length === 0 ? l10n.t('Nothing to renew.') : lines.map((line) => `- ${line}`).join('\n');
}
