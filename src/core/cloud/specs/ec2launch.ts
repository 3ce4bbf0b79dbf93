import type { GraphTermPreset } from '../../../shared/launchMore';
import type { FileSpec } from './specFile';

const AUTH: Readonly<Record<string, GraphTermPreset['auth']>> = {
  singleuser: 'singleuser',
  local: 'singleuser',
  none: 'none',
  '': 'none',
  name: 'name',
  multiuser: 'multiuser',
};
/** Switches of ec2launch, and what the preset calls them. */
const FLAGS = {
  https: 'https',
  pylab: 'pylab',
  netcdf: 'netcdf',
  R: 'r',
  allow_embed: 'allowEmbed',
  allow_embedding: 'allowEmbed',
  allow_share: 'allowShare',
  logging: 'logging',
  oshell: 'oshell',
  screen: 'screen',
} as const satisfies Readonly<Record<string, keyof GraphTermPreset>>;
/** They say how the command itself runs; `verbose` and `dry_run` are buttons in Skylab. */
const IGNORED = new Set(['verbose', 'dry_run', 'form', 'fullpage', 'text', 'f', 't', 'notebook_server']);

/** Reads the arguments of GraphTerm's `ec2launch` (graphterm/bin/ec2launch, 0.40 to 0.57). */
export function readEc2Launch(words: readonly string[]): {
  readonly spec: Partial<FileSpec> & { readonly name: string };
  readonly left: readonly string[];
} {
  const left: string[] = [];
  const options = new Map<string, string>();
  let name = '';
  for (const word of words) {
    const [, option, value = 'true'] = /^--?([A-Za-z]\w*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (option !== undefined) options.set(option, value);
    else if (name === '') name = word;
    else left.push(word);
  }
  const on = (option: string): boolean => !['', 'false', 'False', '0'].includes(options.get(option) ?? '');
  const primary = options.get('connect_to_gterm') ?? '';
  const auth = AUTH[options.get('auth_type') ?? 'singleuser'];
  if (auth === undefined) left.push(`--auth_type=${options.get('auth_type') ?? ''}`);
  if (primary !== '') left.push(`--connect_to_gterm=${primary} (choose the primary among your machines)`);
  const flags = Object.fromEntries(Object.values(FLAGS).map((flag) => [flag, false])) as Record<
    (typeof FLAGS)[keyof typeof FLAGS],
    boolean
  >;
  for (const [option, flag] of Object.entries(FLAGS)) if (on(option)) flags[flag] = true;
  const known = new Set([
    'type',
    'key_name',
    'ec2key',
    'ami',
    'auth_type',
    'connect_to_gterm',
    'other_opts',
    'install',
    'copy_files',
    ...Object.keys(FLAGS),
    ...IGNORED,
  ]);
  for (const [option, value] of options) if (!known.has(option) && value !== '') left.push(`--${option}=${value}`);
  const key = options.get('key_name') ?? options.get('ec2key') ?? '';
  const preset: GraphTermPreset = {
    kind: 'graphterm',
    role: primary === '' ? (on('notebook_server') ? 'notebook' : 'server') : 'host',
    auth: auth ?? 'singleuser',
    ...flags,
    otherOptions: options.get('other_opts') === 'true' ? '' : (options.get('other_opts') ?? ''),
  };
  const files = (options.get('copy_files') ?? '').split(/\s+/).filter((file) => file !== '');
  const install = installOf(options.get('install') ?? '');
  const copies = [...files, ...install.files].map((from) => ({ from, to: '.' }));
  const [image, type] = [options.get('ami') ?? '', options.get('type') ?? ''];
  return {
    spec: {
      name: name === '' ? 'graphterm' : name,
      ...(image === '' ? {} : { image }),
      ...(type === '' ? {} : { instanceType: type }),
      ...(key === '' ? {} : { keyPair: { existing: key } }),
      ...(name.includes('.') ? { dns: true } : {}),
      ...(copies.length === 0 ? {} : { copies }),
      ...(install.command === undefined ? {} : { runAfter: install.command }),
      preset,
    },
    left,
  };
}

/** `archive` or `archive,command`: copied and unpacked; `pip` as the command installs it. */
function installOf(text: string): { readonly files: readonly string[]; readonly command?: string } {
  if (text === '' || text === 'true') return { files: [] };
  const comma = text.indexOf(',');
  const [archive, command] = comma < 0 ? [text, ''] : [text.slice(0, comma), text.slice(comma + 1)];
  const file = `'${archive.replace(/^.*\//, '').replaceAll("'", `'\\''`)}'`;
  if (command === 'pip') return { files: [archive], command: `sudo pip install ${file}` };
  const unpack = archive.endsWith('.zip') ? `unzip -o ${file}` : `tar xf ${file}`;
  return { files: [archive], command: command === '' ? unpack : `${unpack} && ${command}` };
}
