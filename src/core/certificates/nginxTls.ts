import { SkylabError } from '../errors';
import type { Edit } from '../deploy/edits';

interface Directive {
  readonly words: readonly string[];
  /** From the first word to the semicolon, which is included. */
  readonly start: number;
  readonly end: number;
}

/** A `server` block of nginx. */
export interface NginxServer {
  readonly names: readonly string[];
  /** Ports that it listens on with TLS. */
  readonly tlsPorts: readonly number[];
  readonly files?: { readonly certificate: string; readonly key: string };
  readonly directives: readonly Directive[];
}

/** The servers of a file, those inside of `http { … }` too. Source: https://nginx.org/en/docs/beginners_guide.html#conf_structure */
export function nginxServers(text: string): readonly NginxServer[] {
  const servers: NginxServer[] = [];
  const blocks: { readonly name: string; readonly directives: Directive[] }[] = [];
  let words: string[] = [];
  let start = -1;
  for (const match of text.matchAll(/#[^\n]*|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[{};]|[^\s{};]+/g)) {
    const [token] = match;
    if (token.startsWith('#')) continue;
    if (token === '{') {
      blocks.push({ name: words.join(' '), directives: [] });
      words = [];
      start = -1;
    } else if (token === '}') {
      const block = blocks.pop();
      if (block?.name === 'server') servers.push(serverOf(block.directives));
      words = [];
      start = -1;
    } else if (token === ';') {
      if (words.length > 0) blocks.at(-1)?.directives.push({ words, start, end: match.index + 1 });
      words = [];
      start = -1;
    } else {
      if (start < 0) start = match.index;
      words.push(token.replace(/^(["'])([\s\S]*)\1$/, '$2'));
    }
  }
  return servers;
}

function serverOf(directives: readonly Directive[]): NginxServer {
  const all = (name: string) => directives.filter(({ words }) => words[0] === name);
  const arg = (name: string) => all(name)[0]?.words[1];
  const tlsPorts = all('listen').flatMap(({ words }) => {
    const port = Number(/(?:^|:)(\d+)$/.exec(words[1] ?? '')?.[1] ?? '80');
    return words.includes('ssl') || (arg('ssl') === 'on' && port !== 80) ? [port] : [];
  });
  const [certificate, key] = [arg('ssl_certificate'), arg('ssl_certificate_key')];
  return {
    names: all('server_name').flatMap(({ words }) => words.slice(1)),
    tlsPorts: [...new Set(tlsPorts)],
    ...(certificate !== undefined && key !== undefined ? { files: { certificate, key } } : {}),
    directives,
  };
}

/**
 * Has a server of nginx use a certificate's files, and listen with TLS where it did not; all else in the file stays, byte for byte.
 * @throws SkylabError `NoTlsSite` where no server of the file has that name
 */
export function useFilesInNginx(
  path: string,
  text: string,
  host: string,
  files: { readonly certificate: string; readonly key: string },
): readonly Edit[] {
  const named = nginxServers(text).filter(({ names }) => names.includes(host));
  const server = named.find(({ tlsPorts }) => tlsPorts.length > 0) ?? named[0];
  if (server === undefined) {
    throw new SkylabError(`${path} has no server ${host}.`, { next: 'Add the site first, then its certificate.', code: 'NoTlsSite' });
  }
  const edits: Edit[] = [];
  const missing: string[] = [];
  if (server.tlsPorts.length === 0) {
    missing.push('listen 443 ssl;');
    if (server.directives.some(({ words }) => words[0] === 'listen' && words[1]?.startsWith('[::]') === true))
      missing.push('listen [::]:443 ssl;');
  }
  for (const [name, value] of [
    ['ssl_certificate', files.certificate],
    ['ssl_certificate_key', files.key],
  ] as const) {
    const there = server.directives.find(({ words }) => words[0] === name);
    if (there === undefined) missing.push(`${name} ${value};`);
    else if (there.words[1] !== value) edits.push({ path, start: there.start, end: there.end, text: `${name} ${value};` });
  }
  const after = server.directives.findLast(({ words }) => words[0] === 'listen' || words[0] === 'server_name');
  if (missing.length > 0 && after !== undefined) {
    const indent = /[ \t]*$/.exec(text.slice(0, after.start))?.[0] ?? '';
    edits.push({ path, start: after.end, end: after.end, text: missing.map((line) => `\n${indent}${line}`).join('') });
  }
  return edits;
}
