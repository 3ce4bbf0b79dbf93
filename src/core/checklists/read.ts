import { LineCounter, parseDocument } from 'yaml';
import { schemaProblems, type Schema } from '../cloud/specs/schema';
import { SkylabError } from '../errors';
import type { Checklist, CheckItem, Look, SecretKind } from './model';

/** An item after the schema has seen it. */
interface FileItem {
  readonly check?: string;
  readonly get?: string;
  readonly status?: number | readonly number[];
  readonly contains?: string;
  readonly openPort?: number;
  readonly closedPort?: number;
  readonly unit?: string;
  readonly container?: string;
  readonly diskFree?: number;
  readonly on?: string;
  readonly certificateDays?: number;
  readonly hostKeyKnown?: boolean;
  readonly backup?: string;
  readonly youngerThan?: string;
  readonly command?: string;
  readonly byHand?: string;
  readonly rotate?: SecretKind;
  readonly olderThan?: string;
  readonly help?: string;
}

interface FileList {
  readonly title: string;
  readonly site?: string;
  readonly items: readonly FileItem[];
}

/**
 * Reads a checklist.
 * @param where the file as the person knows it, named in errors
 * @throws SkylabError `BadChecklist` with line and column of the first problem
 */
export function readChecklist(text: string, schema: Schema, where: string): Checklist {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  const problem = broken ? { message: `${broken.message}.`, start: broken.pos[0] } : schemaProblems(document, schema)[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.start);
    throw bad(`${where}:${line}:${col}: ${problem.message}`);
  }
  const file = document.toJS({ maxAliasCount: 100 }) as FileList;
  const items = file.items.map((item, index): CheckItem => {
    const looks = looksOf(item);
    const [look] = looks;
    if (look === undefined || looks.length > 1) {
      const range = (document.getIn(['items', index], true) as { range?: readonly number[] } | undefined)?.range;
      const { line } = lines.linePos(range?.[0] ?? 0);
      const why = look === undefined ? 'says nothing to look at' : 'is looked at in more than one way';
      throw bad(`${where}:${line}: item ${index + 1} ${why}.`);
    }
    return { title: item.check ?? item.byHand ?? plainTitle(look), look, ...(item.help === undefined ? {} : { help: item.help }) };
  });
  return { title: file.title, items, ...(file.site === undefined ? {} : { site: file.site }) };
}

const bad = (message: string): SkylabError =>
  new SkylabError(message, { code: 'BadChecklist', next: 'Correct the list and try again; nothing was looked at.' });

function looksOf(item: FileItem): readonly Look[] {
  const looks: Look[] = [];
  if (item.get !== undefined) {
    looks.push({
      kind: 'get',
      get: item.get,
      status: [item.status ?? 200].flat(),
      ...(item.contains === undefined ? {} : { contains: item.contains }),
    });
  }
  if (item.openPort !== undefined) looks.push({ kind: 'port', port: item.openPort, open: true });
  if (item.closedPort !== undefined) looks.push({ kind: 'port', port: item.closedPort, open: false });
  if (item.unit !== undefined) looks.push({ kind: 'unit', unit: item.unit });
  if (item.container !== undefined) looks.push({ kind: 'container', container: item.container });
  if (item.diskFree !== undefined) looks.push({ kind: 'diskFree', percent: item.diskFree, on: item.on ?? '/' });
  if (item.certificateDays !== undefined) looks.push({ kind: 'certificateDays', days: item.certificateDays });
  if (item.hostKeyKnown === true) looks.push({ kind: 'hostKeyKnown' });
  if (item.backup !== undefined) looks.push({ kind: 'backup', path: item.backup, youngerThan: hours(item.youngerThan ?? '26h') });
  if (item.command !== undefined) looks.push({ kind: 'command', command: item.command });
  if (item.byHand !== undefined) looks.push({ kind: 'byHand' });
  if (item.rotate !== undefined) {
    looks.push({ kind: 'rotate', secret: item.rotate, ...(item.olderThan === undefined ? {} : { olderThan: hours(item.olderThan) / 24 }) });
  }
  return looks;
}

/** `26h`, `8d`. */
const hours = (span: string): number => Number.parseInt(span, 10) * (span.endsWith('d') ? 24 : 1);

/** Where the file has no words of its own. */
function plainTitle(look: Look): string {
  switch (look.kind) {
    case 'get':
      return `${look.get} answers ${look.status.join(' or ')}`;
    case 'port':
      return look.open ? `Port ${look.port} answers` : `Port ${look.port} does not answer`;
    case 'unit':
      return `${look.unit} is active`;
    case 'container':
      return `${look.container} runs`;
    case 'diskFree':
      return `${look.percent} % of ${look.on} are free`;
    case 'certificateDays':
      return `The certificates count for ${look.days} more days`;
    case 'hostKeyKnown':
      return 'The host key is the one that is trusted';
    case 'backup':
      return `${look.path} is younger than ${look.youngerThan} hours`;
    case 'command':
      return look.command;
    case 'byHand':
      return '';
    case 'rotate':
      return look.secret;
  }
}
