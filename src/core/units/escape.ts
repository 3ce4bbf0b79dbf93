import { SkylabError } from '../errors';

/** `%` begins a specifier (systemd.unit(5), "Specifiers"). */
const specifiers = (text: string): string => text.replaceAll('%', '%%');

/** In double quotes, with C's escapes (systemd.syntax(7), "Quoting"). */
function quoted(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (character === '\\' || character === '"') return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  }).join('');
  return `"${escaped}"`;
}

const isPlain = (text: string): boolean => /^[A-Za-z0-9_@+=:,./~-][A-Za-z0-9_@%+=:,./~-]*$/.test(text);

/** One word of a list such as ReadWritePaths= or Environment=, in which `$` means itself. */
export function listWord(text: string): string {
  mustHaveNoNul(text);
  return specifiers(isPlain(text) ? text : quoted(text));
}

/** A command as ExecStart= reads it: in all words but the program, `$` begins a variable (systemd.service(5), "Command lines"). */
export function commandWords(program: string, args: readonly string[]): string {
  return [listWord(program), ...args.map((arg) => listWord(arg).replaceAll('$', '$$$$'))].join(' ');
}

/**
 * A path that is a whole value, such as WorkingDirectory=: no quotes are read there.
 * @throws SkylabError for one that a line of a unit cannot hold
 */
export function wholePath(path: string): string {
  mustHaveNoNul(path);
  if (!path.startsWith('/') || /[\n\r]/.test(path) || path.endsWith('\\') || path !== path.trim())
    throw new SkylabError(`${JSON.stringify(path)} cannot stand in a unit.`, {
      next: 'Give an absolute path without line breaks, without spaces at its ends and without a backslash there.',
      code: 'UnitPath',
    });
  return specifiers(path);
}

function mustHaveNoNul(text: string): void {
  if (text.includes('\0')) throw new SkylabError('A zero byte cannot stand in a unit.', { code: 'UnitPath' });
}

/** A text on one line, such as Description=. */
export const lineText = (text: string): string =>
  specifiers(
    text
      .replaceAll(/[\r\n]+/g, ' ')
      .replace(/\\+$/, '')
      .trim(),
  );
