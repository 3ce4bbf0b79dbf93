import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { SkylabError } from '../errors';
import type { Mention } from './interpolation';
import { mentions } from './interpolation';
import type { LabFile } from './ports';

/** A value and where it stands in the text (quotes included), so that it can be replaced without touching anything else. */
interface Placed {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

interface ComposePort {
  /** As written, or put together from the long form. */
  readonly text: string;
  readonly hostIp?: string;
  readonly published?: string;
  readonly target: string;
  /** The scalar to edit; absent for the long form. */
  readonly at?: Placed;
}

export interface ComposeMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** The scalar that holds the source. */
  readonly at: Placed;
}

export interface ComposeService {
  readonly name: string;
  readonly image?: Placed;
  readonly build: boolean;
  readonly containerName?: Placed;
  readonly ports: readonly ComposePort[];
  /** Bind mounts only; named volumes keep themselves. */
  readonly mounts: readonly ComposeMount[];
  /** Variables set in `environment`; the value is undefined for a name alone, which is passed through. */
  readonly environment: readonly { readonly name: string; readonly value: string | undefined }[];
  readonly envFiles: readonly string[];
}

export interface ComposeFile {
  readonly file: LabFile;
  readonly services: readonly ComposeService[];
  readonly mentions: readonly Mention[];
}

/** Splits at colons that are not inside `${…}`. */
function splitColons(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.startsWith('${', i)) depth++;
    else if (text[i] === '}' && depth > 0) depth--;
    if (text[i] === ':' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + (text[i] ?? ''));
  }
  return parts;
}

/** Reads through anchors, so that an aliased node is found where it was written. */
class Reader {
  constructor(private readonly document: Document) {}

  resolve(node: unknown): Node | undefined {
    const target: unknown = isAlias(node) ? node.resolve(this.document) : node;
    return isMap(target) || isSeq(target) || isScalar(target) ? target : undefined;
  }

  pair(map: unknown, key: string): Pair | undefined {
    const node = this.resolve(map);
    if (!isMap(node)) return undefined;
    const own = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    if (own !== undefined) return own;
    for (const item of node.items) {
      if (!isScalar(item.key) || item.key.value !== '<<') continue;
      const merged = this.resolve(item.value);
      const sources = isSeq(merged) ? merged.items : [merged];
      for (const source of sources) {
        const found = this.pair(source, key);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  get(map: unknown, key: string): Node | undefined {
    return this.resolve(this.pair(map, key)?.value);
  }

  text(map: unknown, key: string): Placed | undefined {
    return this.placed(this.get(map, key));
  }

  items(map: unknown, key: string): Node[] {
    const node = this.get(map, key);
    if (!isSeq(node)) return [];
    return node.items.map((item) => this.resolve(item)).filter((item) => item !== undefined);
  }

  placed(node: Node | undefined): Placed | undefined {
    if (!isScalar(node) || node.value === null || node.value === undefined || !node.range) return undefined;
    const value = typeof node.value === 'string' ? node.value : (node.source ?? '');
    return { value, start: node.range[0], end: node.range[1] };
  }
}

function portOf(reader: Reader, node: Node): ComposePort | undefined {
  const at = reader.placed(node);
  if (at) {
    const [bare = ''] = at.value.split('/');
    const parts = splitColons(bare);
    const target = parts.pop() ?? '';
    const published = parts.pop();
    const hostIp = parts.length > 0 ? parts.join(':') : undefined;
    return { text: at.value, target, at, ...(published === undefined ? {} : { published }), ...(hostIp === undefined ? {} : { hostIp }) };
  }
  const target = reader.text(node, 'target')?.value;
  if (target === undefined) return undefined;
  const published = reader.text(node, 'published')?.value;
  const hostIp = reader.text(node, 'host_ip')?.value;
  const text = [hostIp, published, target].filter((part) => part !== undefined).join(':');
  return { text, target, ...(published === undefined ? {} : { published }), ...(hostIp === undefined ? {} : { hostIp }) };
}

function mountOf(reader: Reader, node: Node): ComposeMount | undefined {
  const short = reader.placed(node);
  if (short) {
    const [source, target, options = ''] = splitColons(short.value);
    if (source === undefined || target === undefined || !/^[./~$]/.test(source)) return undefined;
    return { source, target, readOnly: options.split(',').includes('ro'), at: short };
  }
  const source = reader.text(node, 'source');
  const target = reader.text(node, 'target');
  if (reader.text(node, 'type')?.value !== 'bind' || !source || !target) return undefined;
  return { source: source.value, target: target.value, readOnly: reader.text(node, 'read_only')?.value === 'true', at: source };
}

function environmentOf(reader: Reader, service: Node): { name: string; value: string | undefined }[] {
  const node = reader.get(service, 'environment');
  if (isSeq(node)) {
    return reader.items(service, 'environment').flatMap((item) => {
      const text = reader.placed(item)?.value;
      if (text === undefined) return [];
      const equals = text.indexOf('=');
      return [equals < 0 ? { name: text, value: undefined } : { name: text.slice(0, equals), value: text.slice(equals + 1) }];
    });
  }
  if (!isMap(node)) return [];
  return node.items.flatMap((item) => {
    if (!isScalar(item.key) || item.key.value === '<<') return [];
    return [{ name: String(item.key.value), value: reader.placed(reader.resolve(item.value))?.value }];
  });
}

function envFilesOf(reader: Reader, service: Node): string[] {
  const node = reader.get(service, 'env_file');
  const single = reader.placed(node)?.value;
  if (single !== undefined) return [single];
  return reader
    .items(service, 'env_file')
    .map((item) => reader.placed(item)?.value ?? reader.text(item, 'path')?.value)
    .filter((path) => path !== undefined);
}

function serviceOf(reader: Reader, name: string, node: Node): ComposeService {
  const image = reader.text(node, 'image');
  const containerName = reader.text(node, 'container_name');
  return {
    name,
    ...(image ? { image } : {}),
    build: reader.get(node, 'build') !== undefined,
    ...(containerName ? { containerName } : {}),
    ports: reader
      .items(node, 'ports')
      .map((item) => portOf(reader, item))
      .filter((port) => port !== undefined),
    mounts: reader
      .items(node, 'volumes')
      .map((item) => mountOf(reader, item))
      .filter((mount) => mount !== undefined),
    environment: environmentOf(reader, node),
    envFiles: envFilesOf(reader, node),
  };
}

function mentionsOf(document: Document): Mention[] {
  const found: Mention[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key !== 'key' && typeof node.value === 'string') found.push(...mentions(node.value));
    },
  });
  return found;
}

/**
 * Reads what Skylab needs from a Compose file; Compose itself has the last word, on the machine.
 * @throws SkylabError that names the file and the line when it does not parse or holds no services
 */
export function parseCompose(file: LabFile): ComposeFile {
  const document = parseDocument(file.text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) {
    const line = error.linePos?.[0].line ?? 1;
    const [reason = ''] = error.message.split(' at line ');
    throw new SkylabError(`${file.path} cannot be read: line ${line}: ${reason}.`, {
      next: `Mend line ${line} and deploy again; nothing was sent or changed.`,
      code: 'ComposeSyntax',
      cause: error,
    });
  }
  const reader = new Reader(document);
  const services = reader.get(document.contents, 'services');
  if (!isMap(services) || services.items.length === 0) {
    throw new SkylabError(`${file.path} names no services.`, {
      next: 'Add a services section with at least one service, or choose another folder.',
      code: 'ComposeEmpty',
    });
  }
  return { file, services: servicesOf(reader, services), mentions: mentionsOf(document) };
}

function servicesOf(reader: Reader, map: YAMLMap): ComposeService[] {
  return map.items.flatMap((item) => {
    const node = reader.resolve(item.value);
    if (!isScalar(item.key) || item.key.value === '<<' || !isMap(node)) return [];
    return [serviceOf(reader, String(item.key.value), node)];
  });
}
