import { SkylabError } from '../errors';

/** `$NAME`, `${NAME}`, `${NAME:-default}` and their kin; source: compose-go, template/template.go. The `u` flag folds case as Go does. */
const PATTERN = /\$(?:(?<escaped>\$)|(?<named>[_a-z][_a-z0-9]*)|\{(?:(?<braced>[_a-z][_a-z0-9]*(?::?[-+?](?:.*))?)\}|(?<invalid>)))/giu;
const OPERATORS = [':?', ':-', ':+', '?', '-', '+'] as const;
type Operator = (typeof OPERATORS)[number];

/**
 * Replaces variables in a value the way Compose does when it reads a `.env` file; an unknown variable becomes empty.
 * @throws SkylabError (code `BadTemplate`) for `${` that does not close or name a variable, and for `${NAME:?why}` without a value
 */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(PATTERN, (match: string) => expandOne(match, lookup));
}

function expandOne(match: string, lookup: (name: string) => string | undefined): string {
  const operator = firstOperator(match);
  const end = closingBrace(match);
  const own = end < 0 ? match : match.slice(0, end + 1);
  const rest = end < 0 ? '' : match.slice(end + 1);
  const groups = new RegExp(PATTERN.source, 'iu').exec(own)?.groups;
  if (groups?.['escaped'] !== undefined) return '$';
  const braced = groups?.['braced'];
  const name = groups?.['named'] ?? braced;
  if (name === undefined) throw new SkylabError(`"${own}" is not a variable that Compose can fill in.`, { code: 'BadTemplate' });
  if (braced !== undefined && operator !== undefined && braced.includes(operator)) {
    return applyOperator(braced, operator, lookup) + expandVariables(rest, lookup);
  }
  return lookup(name) ?? '';
}

function applyOperator(braced: string, operator: Operator, lookup: (name: string) => string | undefined): string {
  const at = braced.indexOf(operator);
  const name = braced.slice(0, at);
  const word = expandVariables(braced.slice(at + operator.length), lookup);
  const value = lookup(name);
  const present = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  if (operator.endsWith('+')) return present ? word : '';
  if (present && value !== undefined) return value;
  if (operator.endsWith('-')) return word;
  throw new SkylabError(`The variable ${name} has no value${word === '' ? '' : `: ${word}`}.`, { code: 'BadTemplate' });
}

/** The operator that stands first in the text; `:-` wins over the `-` inside it. */
function firstOperator(text: string): Operator | undefined {
  let first: Operator | undefined;
  let position = Infinity;
  for (const operator of OPERATORS) {
    const at = text.indexOf(operator);
    if (at >= 0 && at < position) [first, position] = [operator, at];
  }
  return first;
}

/** Index of the brace that closes the first `{`, counted as Compose counts: the character after an opening brace is not looked at. */
function closingBrace(text: string): number {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '}' && --open === 0) return i;
    if (text[i] === '{') {
      open++;
      i++;
    }
  }
  return -1;
}
