/** What is known about where a site will live. */
export interface Whereabouts {
  /** The name after `ssh`: short, lower case, safe in a host name once `_` is gone. */
  readonly alias: string;
  /** The machine's public address: IPv4 or IPv6. */
  readonly address: string;
  /** The machine's own name in DNS, where it was handed out by name. */
  readonly hostName?: string;
  /** Name -> addresses, for the names that were looked up. */
  readonly resolved: ReadonlyMap<string, readonly string[]>;
}

export interface DomainAdvice {
  /** What the field is filled with. */
  readonly value: string;
  /** What is wrong with the file's value, or with where it points. */
  readonly problem?: string;
  readonly suggestions: readonly { readonly label: string; readonly value: string }[];
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const PLACEHOLDER = /your|replace|change-?me|placeholder|^x{3,}$|<|>/i;

export function isAddress(text: string): boolean {
  return IPV4.test(text) || (text.includes(':') && /^\[?[0-9a-f:.]+\]?$/i.test(text));
}

function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === '::1';
}

/** Names for which Caddy signs the certificate itself: https://caddyserver.com/docs/automatic-https#local-https */
function isLocalName(name: string): boolean {
  return /(^|\.)(localhost|local|internal|home\.arpa)$/i.test(name);
}

/** A name under sslip.io, which resolves to the address that it spells: https://sslip.io */
export function sslipName(address: string): string {
  return `${address.replace(/[.:]/g, '-').replace(/^-/, '0-').replace(/-$/, '-0')}.sslip.io`;
}

/** The value without the slips that people make in a .env file: the variable's own name, quotes, a scheme, a path. */
export function mendDomain(value: string, key: string, alias: string): string {
  let name = value.trim();
  if (name.toUpperCase().startsWith(`${key.toUpperCase()}=`)) name = name.slice(key.length + 1);
  name = name
    .replace(/^['"]|['"]$/g, '')
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/, '')
    .trim();
  return name
    .split('.')
    .map((label) => (PLACEHOLDER.test(label) ? alias.replaceAll('_', '-') : label))
    .join('.')
    .toLowerCase();
}

/** Why Caddy cannot serve the name, as a sentence, or undefined. Whether it points to the machine is another matter. */
export function domainProblem(value: string, address: string): string | undefined {
  const name = value.trim();
  if (name === '') return 'Give the name under which the site is opened.';
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(name)) return 'The value repeats a variable’s name: keep only what stands after “=”.';
  if (isAddress(name)) {
    return `A bare address gets no certificate, and browsers send no server name for it: use a name such as ${sslipName(address)}.`;
  }
  if (/\.amazonaws\.com$/i.test(name)) {
    return `Let’s Encrypt gives no certificates for names under amazonaws.com: use a name of your own or ${sslipName(address)}.`;
  }
  if (!HOST.test(name)) return 'This is not a host name: use letters, digits, hyphens and dots, without http:// or a path.';
  if (name.split('.').some((label) => PLACEHOLDER.test(label)) || /(^|\.)example\.(com|org|net)$/i.test(name)) {
    return 'This is still the placeholder: give the name that points to this machine.';
  }
  if (/(^|\.)localhost$/i.test(name) && !isLoopback(address)) {
    return `Names under localhost always mean the computer that asks, not ${address}.`;
  }
  return undefined;
}

/** Where the name leads, when that is not to the machine. */
export function pointingProblem(name: string, where: Whereabouts): string | undefined {
  if (isLocalName(name)) return undefined;
  const addresses = where.resolved.get(name);
  if (addresses === undefined || addresses.includes(where.address)) return undefined;
  const found = addresses.length === 0 ? 'it resolves to nothing' : `it resolves to ${addresses.join(', ')}`;
  return `${name} does not point to ${where.address}: ${found}. Make an A record for it, or take one of the names below.`;
}

/** The names that are worth looking up before advising. */
export function namesToResolve(fileValue: string, key: string, alias: string, hostName: string | undefined): string[] {
  const names = [mendDomain(fileValue, key, alias), hostName ?? ''];
  return [...new Set(names.filter((name) => HOST.test(name) && name.includes('.') && !isLocalName(name) && !isAddress(name)))];
}

/**
 * Fills in the domain: the value of the last deployment, else the file's own when it is sane, else the best name that works.
 * @param prior the value that serves on the machine now
 */
export function adviseDomain(fileValue: string, key: string, where: Whereabouts, prior?: string): DomainAdvice {
  const mended = mendDomain(fileValue, key, where.alias);
  const suggestions: { label: string; value: string }[] = [];
  const suggest = (value: string, why: string) => {
    if (!suggestions.some((other) => other.value === value)) suggestions.push({ label: `${value} (${why})`, value });
  };
  const servable = (name: string) => domainProblem(name, where.address) === undefined;
  const points = (name: string) => where.resolved.get(name)?.includes(where.address) === true;
  for (const name of [mended, where.hostName ?? '']) {
    if (servable(name) && points(name)) suggest(name, 'points to this machine');
  }
  if (isLoopback(where.address)) {
    suggest(`${where.alias.replaceAll('_', '-')}.localhost`, 'opens on this computer; Caddy signs the certificate itself');
  } else if (isAddress(where.address)) {
    suggest(sslipName(where.address), 'a public name for this address, so that a certificate can be had');
  }
  if (servable(mended) && !points(mended)) suggest(mended, isLocalName(mended) ? 'from the folder' : 'does not point to this machine yet');

  if (prior !== undefined && servable(prior)) return { value: prior, suggestions };
  const wrong = domainProblem(fileValue, where.address);
  const best = suggestions[0]?.value ?? '';
  if (wrong === undefined) {
    const astray = pointingProblem(fileValue, where);
    return { value: fileValue.trim(), ...(astray === undefined ? {} : { problem: astray }), suggestions };
  }
  if (fileValue.trim() === '') return { value: best, suggestions };
  return {
    value: best,
    problem: `The folder says ${key}='${fileValue}'. ${wrong}${best ? ` Filled in instead: ${best}.` : ''}`,
    suggestions,
  };
}
