import { SkylabError } from '../errors';

/** What is wrong with a value, as a sentence; undefined when it is right. */
type Check = (value: string) => string | undefined;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value) ? undefined : `One of ${values.join(', ')}.`;
const number =
  (from: number, to: number): Check =>
  (value) =>
    /^\d{1,9}$/.test(value) && Number(value) >= from && Number(value) <= to ? undefined : `A number from ${from} to ${to}.`;
const url: Check = (value) =>
  // a URL parser passes over line ends, and YAML takes “#” for a comment
  /^https?:\/\/[^\s#'"]+$/.test(value) && URL.canParse(value) ? undefined : 'An address that begins with https:// or http://.';
const path: Check = (value) => (/^\/[\w./@+-]*$/.test(value) ? undefined : 'A path that begins with “/”, without blanks.');
const id = number(0, 999_999_999);

/**
 * The keys of econe.conf that have one value (share/doc of OpenNebula 5.12, src/cloud/ec2/etc/econe.conf). `:elasticips_vnet_id:` is
 * what econe-server reads; its documentation has another name for it.
 */
export const ECONE_KEYS: Readonly<Record<string, { readonly what: string; readonly check: Check; readonly optional?: boolean }>> = {
  tmpdir: { what: 'folder for images that are being sent', check: path },
  one_xmlrpc: { what: 'address of OpenNebula itself', check: url },
  host: {
    what: 'name or address it listens at',
    check: (value) => (/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(value) ? undefined : 'A host name or an address.'),
  },
  port: { what: 'port it listens at', check: number(1, 65_535) },
  ssl_server: { what: 'address of the proxy that stands before it', check: url, optional: true },
  auth: { what: 'how requests prove who they are', check: oneOf('ec2', 'x509') },
  core_auth: { what: 'how it proves itself to OpenNebula', check: oneOf('cipher', 'x509') },
  debug_level: { what: 'log: 0 errors, 1 warnings, 2 more, 3 everything', check: number(0, 3) },
  cluster_id: { what: 'cluster of what is made', check: id, optional: true },
  datastore_id: { what: 'datastore for images that are sent', check: id, optional: true },
  describe_with_terminated_instances: { what: 'list machines that have ended', check: oneOf('true', 'false') },
  terminated_instances_expiration_time: { what: 'seconds for which they are listed (5.12 always takes 900)', check: number(0, 99_999_999) },
  use_file_templates: { what: 'types of instances from files, as long ago', check: oneOf('true', 'false') },
  elasticips_vnet_id: { what: 'network of the elastic addresses', check: id, optional: true },
  associate_script: {
    what: 'script that leads an elastic address to a machine',
    check: (value) => (value === 'false' ? undefined : path(value)),
  },
  disassociate_script: { what: 'script that ends that', check: (value) => (value === 'false' ? undefined : path(value)) },
  ebs_fstype: { what: 'file system of new volumes', check: (value) => (/^[a-z0-9]{2,12}$/.test(value) ? undefined : 'Such as ext4.') },
};

const LINE = /^:(\w+):([ \t]*)([^\r\n]*)$/;
const COMMENTED = /^#[ \t]*:(\w+):/;

/** A value, and a comment behind it, of a line of YAML. */
function split(rest: string): { readonly value: string; readonly tail: string } {
  const quoted = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')/.exec(rest);
  if (quoted !== null) {
    const value = quoted[1]?.replace(/\\(.)/g, '$1') ?? quoted[2]?.replaceAll("''", "'") ?? '';
    return { value, tail: rest.slice(quoted[0].length) };
  }
  const cut = /(?:^|[ \t])[ \t]*#/.exec(rest);
  const value = (cut === null ? rest : rest.slice(0, cut.index)).trimEnd();
  return { value, tail: rest.slice(value.length) };
}

/** The values that stand there, by key; a key that holds a block has an empty value. Where one stands twice, the last counts. */
export function readEconeConf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line.replace(/\r$/, ''));
    if (match !== null) values.set(match[1] ?? '', split(match[3] ?? '').value);
  }
  return values;
}

/**
 * Sets keys of econe.conf: a line that is there gets the new value and keeps its comment; else the line comes behind the one that is
 * commented out, or to the end. Every other byte stays. An undefined value puts the line behind a “#”.
 * @throws SkylabError `NotAValue`
 */
export function editEconeConf(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const end = text.includes('\r\n') ? '\r' : '';
  const lines = text.split('\n');
  for (const [key, value] of Object.entries(changes)) {
    const problem = problemOf(key, value);
    if (problem !== undefined) throw new SkylabError(`:${key}: cannot be “${value ?? ''}”.`, { next: problem, code: 'NotAValue' });
    const at = lines.findLastIndex((line) => LINE.exec(line.replace(/\r$/, ''))?.[1] === key);
    if (at >= 0) {
      const line = (lines[at] ?? '').replace(/\r$/, '');
      const [, , gap = '', rest = ''] = LINE.exec(line) ?? [];
      const old = split(rest);
      if (value === undefined) lines[at] = `#${lines[at] ?? ''}`;
      else if (old.value !== value) lines[at] = `:${key}:${gap || ' '}${value}${old.tail}${end}`;
      continue;
    }
    if (value === undefined) continue;
    const commented = lines.findLastIndex((line) => COMMENTED.exec(line)?.[1] === key);
    if (commented >= 0) lines.splice(commented + 1, 0, `:${key}: ${value}${commented === lines.length - 1 ? '' : end}`);
    else if (lines.at(-1) === '') lines.splice(lines.length - 1, 0, `:${key}: ${value}${end}`);
    else {
      lines[lines.length - 1] = `${lines.at(-1) ?? ''}${end}`;
      lines.push(`:${key}: ${value}`);
    }
  }
  return lines.join('\n');
}

function problemOf(key: string, value: string | undefined): string | undefined {
  const known = ECONE_KEYS[key];
  if (known === undefined) return 'econe-server has no such key.';
  if (value === undefined) return known.optional === true ? undefined : 'It has to have a value.';
  return known.check(value);
}

/** What the endpoint's signatures are made for: the proxy's address, else what it listens at itself. */
export function endpointOf(conf: string): string {
  const values = readEconeConf(conf);
  const proxy = values.get('ssl_server');
  return proxy !== undefined && proxy !== '' ? proxy : `http://${values.get('host') ?? 'localhost'}:${values.get('port') ?? '4567'}/`;
}
