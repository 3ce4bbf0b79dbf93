import { SkylabError } from '../errors';
import type { Answers } from './answers';

/**
 * The ten variables of Cyberhubs' scripts/jupyterhub-config-script.sh, spelled as the script spells them.
 * Source: https://github.com/cyberlaboratories/cyberhubs
 */
export const OLD_NAMES = [
  'JUPYTER_HUB_AUTH_CL',
  'JUPYTER_HUB_AUTH_UR',
  'JUPYTER_HUB_CLNT_ID',
  'JUPYTER_HUB_CLNT_SE',
  'JUPYTER_HUB_ADMN_NM',
  'JUPYTER_HUB_WHT_LST',
  'JUPYTER_HUB_RO_PATH',
  'JUPYTER_HUB_VL_PATH',
  'JUPYTER_SGLEUSR_IMG',
  'JUPYTER_USERGROUPID',
] as const;
type OldName = (typeof OLD_NAMES)[number];
type OldVariables = Readonly<Partial<Record<OldName, string>>>;

/** What an old script means to the recipe JupyterHub. */
export interface OldHub {
  /** Values of the recipe's variables. */
  readonly answers: Answers;
  /** GitHub names; empty where the script has none. */
  readonly admins: readonly string[];
  readonly allow: readonly string[];
  /** The hub's name where its callback has a path, as with several hubs on one host. */
  readonly hub?: string;
  /** What could not be taken over as it was, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads the script as data: assignments, with or without `export`, in any quotes. Nothing is run; a value that a shell would have to
 * work out (`$(…)`, backquotes, variables that the script does not set) is refused.
 * @throws SkylabError (code `OldScript`) with the line, and where none of the ten names is found
 */
export function readOldScript(text: string): OldVariables {
  const all = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, name, rest] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const value = wordOf(rest, all);
    if (value === undefined) {
      if (!isOldName(name)) continue;
      throw new SkylabError(`Line ${index + 1}: the value of ${name} is not written out, so only a shell could tell it.`, {
        next: 'Write the value itself there and try again; nothing was run.',
        code: 'OldScript',
      });
    }
    all.set(name, value);
  }
  const found = OLD_NAMES.flatMap((name) => (all.has(name) ? [[name, all.get(name) ?? ''] as const] : []));
  if (found.length === 0) {
    throw new SkylabError('None of the JUPYTER_HUB_… variables is set there.', {
      next: 'Choose scripts/jupyterhub-config-script.sh of your Cyberhubs, or a file like it.',
      code: 'OldScript',
    });
  }
  return Object.fromEntries(found);
}

const isOldName = (name: string): boolean => OLD_NAMES.some((one) => one === name);

/** The first word of a shell line with its quotes taken off; undefined where a shell would have to work it out. */
function wordOf(text: string, known: ReadonlyMap<string, string>): string | undefined {
  let word = '';
  let rest = text;
  while (rest !== '' && !/^[\s;#&|]/.test(rest)) {
    const [whole, single, double, escaped, braced, plainName, other] =
      /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|\$\{(\w+)\}|\$(\w+)|([^\s;&|'"\\$`<>()]+))/.exec(rest) ?? [];
    if (whole === undefined) return undefined;
    const name = braced ?? plainName;
    const part = single ?? (double === undefined ? undefined : doubleQuoted(double, known)) ?? escaped ?? other;
    const value = part ?? (name === undefined ? undefined : known.get(name));
    if (value === undefined) return undefined;
    word += value;
    rest = rest.slice(whole.length);
  }
  return word;
}

function doubleQuoted(text: string, known: ReadonlyMap<string, string>): string | undefined {
  const unknown: string[] = [];
  const value = text.replace(/\\([\\"$`])|\$\{(\w+)\}|\$(\w+)|(`|\$\()/g, (_, escaped?: string, braced?: string, plain?: string) => {
    if (escaped !== undefined) return escaped;
    const found = known.get(braced ?? plain ?? '');
    if (found === undefined) unknown.push(braced ?? plain ?? '');
    return found ?? '';
  });
  return unknown.length === 0 ? value : undefined;
}

const listOf = (text = ''): string[] => text.split(/[\s,]+/).filter((name) => name !== '');

/** What the old variables are in the recipe's terms. */
export function fromOld(old: OldVariables): OldHub {
  const notes: string[] = [];
  const answers: Record<string, string> = {};
  const take = (name: string, value: string | undefined): void => {
    if (value !== undefined && value.trim() !== '') answers[name] = value.trim();
  };
  const place = callback(old.JUPYTER_HUB_AUTH_UR, notes);
  take('DOMAIN', place?.domain);
  take('OAUTH_CLIENT_ID', old.JUPYTER_HUB_CLNT_ID);
  take('OAUTH_CLIENT_SECRET', old.JUPYTER_HUB_CLNT_SE);
  take('READ_ONLY_DATA', old.JUPYTER_HUB_RO_PATH);
  take('SHARED_DATA', old.JUPYTER_HUB_VL_PATH);
  take('DOCKER_NOTEBOOK_IMAGE', old.JUPYTER_SGLEUSR_IMG);
  take('RUN_AS', old.JUPYTER_USERGROUPID?.trim().replace(/^user=/, ''));
  const admins = listOf(old.JUPYTER_HUB_ADMN_NM);
  take('JUPYTERHUB_ADMIN', admins.join(' '));
  const kind = old.JUPYTER_HUB_AUTH_CL;
  if (kind !== undefined && /gitlab/i.test(kind))
    notes.push(`${kind} signs in with GitLab; the recipe signs in with GitHub: register an app there.`);
  if (/^cyberhubs\//.test(answers['DOCKER_NOTEBOOK_IMAGE'] ?? '')) {
    notes.push(
      `${answers['DOCKER_NOTEBOOK_IMAGE'] ?? ''} was built for a hub of 2018: if it does not start, choose an image of quay.io/jupyter.`,
    );
    // The old images know their user by another name, and keep the work elsewhere.
    answers['DOCKER_NOTEBOOK_DIR'] = '/home/user';
  }
  const allow = listOf(old.JUPYTER_HUB_WHT_LST);
  if (allow.length === 0) notes.push('The old hub had no list in the script: name those who may come in, in lists/main/allow.');
  return { answers, admins, allow, ...(place?.hub === undefined ? {} : { hub: place.hub }), notes };
}

function callback(url: string | undefined, notes: string[]): { domain: string; hub?: string } | undefined {
  if (url === undefined || url.trim() === '') return undefined;
  const parsed = URL.canParse(url.trim()) ? new URL(url.trim()) : undefined;
  const [, hub] = /^(?:\/([^/]+))?\/hub\/oauth_callback\/?$/.exec(parsed?.pathname ?? '') ?? [undefined, undefined];
  if (!parsed || !/\/hub\/oauth_callback\/?$/.test(parsed.pathname)) {
    notes.push(`The callback ${url.trim()} is not of the form https://host/hub/oauth_callback: give the site's name yourself.`);
    return undefined;
  }
  if (parsed.port !== '') notes.push(`The old hub was on port ${parsed.port}; the new one is on 443.`);
  return { domain: parsed.hostname, ...(hub === undefined ? {} : { hub }) };
}

/**
 * The old variables of a hub, the other way round.
 * @param values the hub's .env; @param lists its admins and its allow list; @param hub its name where it is not the first
 */
export function toOld(values: Answers, lists: { admins: readonly string[]; allow: readonly string[] }, hub?: string): OldVariables {
  const path = hub === undefined ? '' : `/${hub}`;
  const admins = [...new Set([...listOf(values['JUPYTERHUB_ADMIN']), ...lists.admins])];
  const user = values['RUN_AS'] ?? '';
  return {
    JUPYTER_HUB_AUTH_CL: 'AstroAuthenticator',
    JUPYTER_HUB_AUTH_UR: `https://${values['DOMAIN'] ?? ''}${path}/hub/oauth_callback`,
    JUPYTER_HUB_CLNT_ID: values['OAUTH_CLIENT_ID'] ?? '',
    JUPYTER_HUB_CLNT_SE: values['OAUTH_CLIENT_SECRET'] ?? '',
    JUPYTER_HUB_ADMN_NM: admins.join(','),
    JUPYTER_HUB_WHT_LST: lists.allow.join(','),
    JUPYTER_HUB_RO_PATH: values['READ_ONLY_DATA'] ?? '',
    JUPYTER_HUB_VL_PATH: values['SHARED_DATA'] ?? '',
    JUPYTER_SGLEUSR_IMG: values['DOCKER_NOTEBOOK_IMAGE'] ?? '',
    JUPYTER_USERGROUPID: user === '' ? '' : `user=${user}`,
  };
}

/** The script that a shell can source. */
export function writeOldScript(old: OldVariables): string {
  const quote = (value: string): string => `'${value.replaceAll("'", () => `'\\''`)}'`;
  const lines = OLD_NAMES.map((name) => `export ${name}=${quote(old[name] ?? '')}`);
  return `#!/bin/bash\n# Source this before starting the hub: . jupyterhub-config-script.sh\n${lines.join('\n')}\n`;
}
