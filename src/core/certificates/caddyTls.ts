import { SkylabError } from '../errors';
import type { Edit } from '../deploy/edits';

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** `tls` in a site's block, from the word to the last of its arguments. */
interface TlsDirective {
  readonly start: number;
  readonly end: number;
  readonly words: readonly string[];
}

/** A site of a Caddyfile and where it can be changed. */
export interface CaddyBlock {
  /** As written: `{$DOMAIN}`, `https://lab.example.org`. */
  readonly addresses: readonly string[];
  /** The end of the line after which the first directive stands. */
  readonly bodyStart: number;
  readonly tls?: TlsDirective;
}

/** A place that a site is served at. */
export interface SiteAddress {
  /** Empty for whatever name is asked for. */
  readonly host: string;
  readonly port: number;
}

/** The words of a line with their places; comments are gone, quoted words whole and bare. */
function wordsOf(line: string, from: number): Word[] {
  const words: Word[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\S+)/g)) {
    if (match[3]?.startsWith('#')) break;
    const text = match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? '';
    words.push({ text, start: from + match.index, end: from + match.index + match[0].length });
  }
  return words;
}

/** The sites of a Caddyfile. Global options and snippets are none. Source: https://caddyserver.com/docs/caddyfile/concepts */
function caddyBlocks(text: string): readonly CaddyBlock[] {
  const found: CaddyBlock[] = [];
  let depth = 0;
  let addresses: string[] = [];
  let bodyStart = 0;
  let tls: TlsDirective | undefined;
  let from = 0;
  for (const line of text.split('\n')) {
    const words = wordsOf(line.replace(/\r$/, ''), from);
    const lineEnd = from + line.replace(/\r$/, '').length;
    const [first] = words;
    if (depth === 0 && first !== undefined && !(addresses.length === 0 && first.text === 'import')) {
      const last = words.at(-1)?.text ?? '';
      // a list of addresses goes on after a comma alone: without one and without a brace, the rest of the file is this site
      if (found.length === 0 && addresses.length === 0 && last !== '{' && last !== '}' && !last.endsWith(',')) return bareSite(text);
      addresses.push(...words.filter((word) => word.text !== '{' && word.text !== '}').map((word) => word.text.replace(/,$/, '')));
      bodyStart = lineEnd;
    }
    if (depth === 1 && first?.text === 'tls') {
      const args = words.filter((word) => word.text !== '{');
      tls ??= { start: first.start, end: args.at(-1)?.end ?? first.end, words: args.slice(1).map((word) => word.text) };
    }
    for (const { text: word } of words) {
      if (word === '{') depth += 1;
      if (word !== '}') continue;
      depth -= 1;
      if (depth !== 0) continue;
      if (addresses.length > 0 && !addresses.some((address) => /^\(.*\)$/.test(address))) {
        found.push({ addresses, bodyStart, ...(tls === undefined ? {} : { tls }) });
      }
      addresses = [];
      tls = undefined;
    }
    from += line.length + 1;
  }
  return found;
}

/** A Caddyfile with one site may leave the braces out. */
function bareSite(text: string): readonly CaddyBlock[] {
  let from = 0;
  let site: CaddyBlock | undefined;
  for (const line of text.split('\n')) {
    const bare = line.replace(/\r$/, '');
    const words = wordsOf(bare, from);
    const [first] = words;
    if (first !== undefined) {
      if (site === undefined) site = { addresses: words.map((word) => word.text.replace(/,$/, '')), bodyStart: from + bare.length };
      else if (first.text === 'tls' && site.tls === undefined) {
        site = {
          ...site,
          tls: { start: first.start, end: words.at(-1)?.end ?? first.end, words: words.slice(1).map((word) => word.text) },
        };
      }
    }
    from += line.length + 1;
  }
  return site === undefined ? [] : [site];
}

/** Where an address is served over TLS; undefined for plain HTTP. @param fill puts the values of `{$NAME}` in */
function tlsAddress(address: string, fill: (word: string) => string): SiteAddress | undefined {
  const filled = fill(address).replace(/\/.*$/, (path) => (path.startsWith('//') ? path : ''));
  const match = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/.exec(filled);
  if (match === null) return undefined;
  const [, scheme, host = '', portText] = match;
  const port = Number(portText ?? (scheme === 'http' ? '80' : '443'));
  if (scheme === 'http' || port === 80) return undefined;
  // a bare port is plain unless it is the one of HTTPS, or the site says "tls"
  if (host === '' && scheme === undefined && port !== 443) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

/** The sites that are served over TLS, with what is said about their certificates. */
export function tlsSites(
  text: string,
  fill: (word: string) => string,
): readonly { readonly block: CaddyBlock; readonly served: readonly SiteAddress[] }[] {
  return caddyBlocks(text).flatMap((block) => {
    const served = block.addresses.flatMap((address) => tlsAddress(address, fill) ?? []);
    return served.length === 0 ? [] : [{ block, served }];
  });
}

/** A path as a word of a Caddyfile. */
const word = (path: string): string => (/^[\w./+-]+$/.test(path) ? path : `"${path.replace(/["\\]/g, '\\$&')}"`);

/**
 * Has a site use a certificate's files; all else in the file stays, byte for byte.
 * @param host a name of the site, variables filled in
 * @throws SkylabError `NoTlsSite` where no site of the file has that name
 */
export function useFilesInCaddyfile(
  path: string,
  text: string,
  host: string,
  files: { readonly certificate: string; readonly key: string },
  fill: (word: string) => string,
): readonly Edit[] {
  const site = tlsSites(text, fill).find(({ served }) => served.some((one) => one.host === host));
  if (site === undefined) {
    throw new SkylabError(`${path} has no site ${host} with TLS.`, {
      next: 'Add the site first, then its certificate.',
      code: 'NoTlsSite',
    });
  }
  const directive = `tls ${word(files.certificate)} ${word(files.key)}`;
  const { tls, bodyStart } = site.block;
  if (tls !== undefined) {
    const same = tls.words.length === 2 && tls.words[0] === files.certificate && tls.words[1] === files.key;
    return same ? [] : [{ path, start: tls.start, end: tls.end, text: directive }];
  }
  const rest = text.slice(bodyStart);
  const eol = rest.startsWith('\r\n') ? '\r\n' : '\n';
  const indent = /^\r?\n([ \t]+)\S/.exec(rest)?.[1] ?? (/\{[ \t]*(#.*)?$/.test(text.slice(0, bodyStart)) ? '\t' : '');
  return [{ path, start: bodyStart, end: bodyStart, text: `${eol}${indent}${directive}` }];
}
