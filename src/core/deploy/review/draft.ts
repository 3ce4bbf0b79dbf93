import type { DeployFinding } from '../../../shared/deployModel';
import type { ComposeService, Placed } from '../compose/service';
import type { Place } from '../compose/tree';
import type { Edit } from '../edits';
import type { Lab } from '../lab';

/** Files of the release that a data folder begins with. */
export interface Seed {
  /** Relative to the release; `.` is the whole folder without the stack's own files. */
  readonly from: string;
  /** Relative to the stack's folder. */
  readonly to: string;
  /** The numeric user that has to own the files; absent for the login user. */
  readonly uid?: number;
}

/** A finding with the edits behind its fix. */
export interface Draft {
  readonly id: string;
  readonly severity: DeployFinding['severity'];
  readonly message: string;
  readonly at?: Place;
  readonly fix?: {
    readonly label: string;
    readonly edits: readonly Edit[];
    readonly onByDefault: boolean;
    readonly seed?: Seed;
    /** Secrets that move into the release's .env: variable -> value. Never shown. */
    readonly secrets?: ReadonlyMap<string, string>;
  };
}

/** The texts of the folder that a fix may change. */
export function textOf(lab: Lab, path: string): string {
  return [...lab.compose.files, lab.unit, lab.caddy?.file].find((file) => file?.path === path)?.text ?? '';
}

/** A scalar with one part of it replaced; its quotes stay. */
export function replaceIn(lab: Lab, at: Placed, from: string, to: string): Edit {
  const { path, start, end } = at;
  return {
    path,
    start,
    end,
    text: textOf(lab, path)
      .slice(start, end)
      .replace(from, () => to),
  };
}

/**
 * Puts lines into a service, right beneath its image, indented as the image is.
 * @returns undefined where the service is written in another way than one key a line
 */
export function insertIntoService(lab: Lab, service: ComposeService, lines: readonly string[]): Edit | undefined {
  const at = service.image;
  if (!at) return undefined;
  const text = textOf(lab, at.path);
  const begin = text.lastIndexOf('\n', at.start - 1) + 1;
  const newline = text.indexOf('\n', at.end);
  const end = newline < 0 ? text.length : newline;
  const [, indent] = /^([ ]+)image:[ ]*$/.exec(text.slice(begin, at.start)) ?? [];
  if (indent === undefined || !/^[ \t]*(#.*)?\r?$/.test(text.slice(at.end, end))) return undefined;
  const eol = text[end - 1] === '\r' ? '\r\n' : '\n';
  const block = lines.map((line) => `${indent}${line}${eol}`).join('');
  if (newline < 0) return { path: at.path, start: end, end, text: `${eol}${block}` };
  return { path: at.path, start: end + 1, end: end + 1, text: block };
}

/** "a", "a and b", "a, b and c". */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** The image's own name: no registry, no organization, no tag. */
export function imageName(service: ComposeService): string {
  const bare = (service.image?.value ?? '').replace(/@.*$/, '').replace(/:[^/]*$/, '');
  return bare.split('/').at(-1) ?? '';
}
