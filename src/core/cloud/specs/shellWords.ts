/** The words of the first command of a text, as a POSIX shell would hand them on. */
export interface ShellWords {
  readonly words: readonly string[];
  /** What a shell would do and a reader does not: variables, pipes, further commands. */
  readonly left: readonly string[];
}

/** Splits a pasted command line (POSIX.1-2024, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition). Runs and expands nothing. */
export function shellWords(text: string): ShellWords {
  const words: string[] = [];
  const left: string[] = [];
  let word: string | undefined;
  const flush = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\\') {
      const next = text[++i] ?? '';
      if (next === '\r' && text[i + 1] === '\n') i++;
      else if (next !== '\n') word = (word ?? '') + next;
    } else if (char === "'") {
      const end = text.indexOf("'", i + 1);
      word = (word ?? '') + text.slice(i + 1, end < 0 ? undefined : end);
      i = end < 0 ? text.length : end;
    } else if (char === '"') {
      const quoted = inDoubleQuotes(text, i + 1);
      word = (word ?? '') + quoted.text;
      left.push(...quoted.left);
      i = quoted.end;
    } else if (char === '$' || char === '`') {
      const [expansion = char] = /^(?:\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`)/.exec(text.slice(i)) ?? [];
      if (expansion.length > 1) left.push(expansion);
      word = (word ?? '') + expansion;
      i += expansion.length - 1;
    } else if (/\s/.test(char) && char !== '\n') flush();
    else if (char === '#' && word === undefined) {
      const end = text.indexOf('\n', i);
      i = end < 0 ? text.length : end - 1;
    } else if (char === '\n' && words.length === 0 && word === undefined) continue;
    else if ('\n;|&<>'.includes(char)) {
      const rest = text.slice(i).trim();
      if (rest !== '') left.push(rest.length > 80 ? `${rest.slice(0, 79)}…` : rest);
      break;
    } else word = (word ?? '') + char;
  }
  flush();
  return { words, left };
}

function inDoubleQuotes(text: string, from: number): { readonly text: string; readonly end: number; readonly left: readonly string[] } {
  const left: string[] = [];
  let out = '';
  for (let i = from; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '"') return { text: out, end: i, left };
    const next = text[i + 1] ?? '';
    if (char === '\\' && '$`"\\\n'.includes(next)) {
      out += next === '\n' ? '' : next;
      i++;
      continue;
    }
    const [expansion] = /^(?:\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`)/.exec(text.slice(i)) ?? [];
    if (expansion !== undefined) left.push(expansion);
    out += char;
  }
  return { text: out, end: text.length, left };
}
