import { SkylabError } from '../errors';
import type { Edit } from './edits';
import { expandVariables } from './envExpand';
import type { EnvStatement } from './envSyntax';
import { decodeEscapes, encodeEnvValue, encodeLike, encodeOnOneLine, encodeTemplate, lineOf, scanEnv } from './envSyntax';

/** A replacement in the file's text, in UTF-16 units. */
export type TextEdit = Omit<Edit, 'path'>;

/** A variable of the file as Compose sees it; where a name stands more than once, its last place. */
export interface EnvEntry {
  readonly key: string;
  /** What Compose makes of it; undefined for a bare `NAME`, which takes its value from the environment. */
  readonly value: string | undefined;
  /** What is written between the quotes. Differs from `value` where escapes or variables were replaced: an unquoted bcrypt hash, say. */
  readonly written: string;
  readonly quote: '' | '"' | "'";
  /** 1-based. */
  readonly line: number;
  /** The comment lines right above, without `#`. */
  readonly help: string;
}

/**
 * A `.env` file as Docker Compose reads it. Editing replaces the value alone: comments, order, line endings, byte order mark and
 * every other byte stay as they are.
 */
export class EnvFile {
  #text: string;
  #statements: readonly EnvStatement[];

  private constructor(
    text: string,
    private readonly name: string,
    private readonly environment: ReadonlyMap<string, string>,
  ) {
    this.#text = text;
    this.#statements = scanEnv(text, name);
    this.#values();
  }

  /**
   * @param name shown in errors
   * @param environment variables that win over the file's own inside `${…}`
   * @throws SkylabError naming the line (codes `EnvSyntax`, `BadTemplate`) where Compose would refuse the file
   */
  static parse(text: string, name = '.env', environment: ReadonlyMap<string, string> = new Map()): EnvFile {
    return new EnvFile(text, name, environment);
  }

  /** Names in the order in which they first appear. */
  keys(): readonly string[] {
    return [...new Set(this.#statements.map((statement) => statement.key))];
  }

  /** The value that Compose gets; undefined when the name is absent or bare. */
  get(key: string): string | undefined {
    return this.#values().get(key);
  }

  has(key: string): boolean {
    return this.#last(key) !== undefined;
  }

  /** The comment lines right above the variable, without `#`; empty where there are none. */
  help(key: string): string {
    const statement = this.#last(key);
    return statement === undefined ? '' : this.#helpOf(statement);
  }

  entry(key: string): EnvEntry | undefined {
    const statement = this.#last(key);
    if (statement === undefined) return undefined;
    return {
      key,
      value: this.get(key),
      written: statement.value?.content ?? '',
      quote: statement.value?.quote ?? '',
      line: lineOf(this.#text, statement.keyStart),
      help: this.#helpOf(statement),
    };
  }

  /**
   * Gives the variable a value that Compose reads back character for character; appends it where the name is new.
   * @throws SkylabError (codes `EnvKey`, `EnvValue`) for a name or value that no environment can hold
   */
  set(key: string, value: string): void {
    this.#splice(this.#change(key, encodeEnvValue(value)));
  }

  /**
   * The smallest change that gives the variable a value, in the quotes that the file uses for it where they can hold it.
   * @param template the value is written so that Compose fills in its variables, such as `https://${DOMAIN}`
   * @throws SkylabError as `set` does
   */
  edit(key: string, value: string, template = false): TextEdit {
    const quote = this.#last(key)?.value?.quote;
    const written = template ? encodeTemplate(value, quote) : encodeLike(value, quote);
    // a file has one kind of line end, so that what goes over several lines would get it as well
    const split = written.includes('\n') && this.#text.includes('\r\n');
    const change = this.#change(key, split ? encodeOnOneLine(value, template) : written);
    // without quotes, a comment behind an empty value would become the value
    return change.text === '' && /^[^\S\n]*#/.test(this.#text.slice(change.end)) ? { ...change, text: "''" } : change;
  }

  /** The changes that take a variable's assignments away, with their lines where nothing else stands on them. @param which all, or those that a later one hides */
  removal(key: string, which: 'all' | 'hidden'): readonly TextEdit[] {
    const own = this.#statements.filter((statement) => statement.key === key);
    return (which === 'all' ? own : own.slice(0, -1)).map((statement) => {
      const start = this.#text.lastIndexOf('\n', statement.keyStart - 1) + 1;
      const valueEnd = statement.value?.end ?? statement.keyEnd;
      const newline = this.#text.indexOf('\n', valueEnd);
      const end = newline < 0 ? this.#text.length : newline + 1;
      const shared = this.#statements.some((other) => other !== statement && other.keyStart >= start && other.keyStart < end);
      return shared ? { start: statement.keyStart, end: valueEnd, text: '' } : { start, end, text: '' };
    });
  }

  /** The lines (1-based) on which the variable is assigned, in order; the last one counts. */
  lines(key: string): readonly number[] {
    return this.#statements.filter((statement) => statement.key === key).map(({ keyStart }) => lineOf(this.#text, keyStart));
  }

  /** The whole file. */
  toString(): string {
    return this.#text;
  }

  #last(key: string): EnvStatement | undefined {
    return this.#statements.findLast((statement) => statement.key === key);
  }

  #values(): Map<string, string> {
    const values = new Map<string, string>();
    const lookup = (name: string) => this.environment.get(name) ?? values.get(name);
    for (const { key, keyStart, value } of this.#statements) {
      if (value === undefined) {
        const inherited = this.environment.get(key);
        if (inherited !== undefined) values.set(key, inherited);
      } else if (value.quote === "'") {
        values.set(key, value.content);
      } else {
        values.set(key, this.#expand(value.quote === '"' ? decodeEscapes(value.content) : value.content, lookup, keyStart));
      }
    }
    return values;
  }

  #expand(text: string, lookup: (name: string) => string | undefined, at: number): string {
    try {
      return expandVariables(text, lookup);
    } catch (error) {
      if (!(error instanceof SkylabError)) throw error;
      throw new SkylabError(`${this.name}, line ${lineOf(this.#text, at)}: ${error.message}`, {
        ...(error.code === undefined ? {} : { code: error.code }),
        next: 'Put the value in single quotes if it is meant as it stands.',
        cause: error,
      });
    }
  }

  #helpOf(statement: EnvStatement): string {
    const above = this.#text.slice(0, statement.keyStart).split('\n').slice(0, -1);
    const help: string[] = [];
    for (let line = above.pop()?.trim(); line?.startsWith('#'); line = above.pop()?.trim()) help.unshift(line.replace(/^#+ ?/, ''));
    return help.join('\n').trim();
  }

  #change(key: string, written: string): TextEdit {
    const statement = this.#last(key);
    if (statement === undefined) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
        throw new SkylabError(`"${key}" cannot be the name of a variable.`, { code: 'EnvKey', next: 'Use letters, digits and _.' });
      }
      return this.#appended(`${key}=${written}`);
    }
    const { keyEnd, value } = statement;
    if (value === undefined) return { start: keyEnd, end: keyEnd, text: `=${written}` };
    if (value.quote === '' && value.content.startsWith('#')) {
      // Compose takes the comment of `NAME= # comment` for the value; the person meant a comment, so it stays one.
      const gap = this.#text[value.start - 1] === ' ' ? 1 : 0;
      return { start: value.start - gap, end: value.start - gap, text: gap === 1 ? written : `${written} ` };
    }
    return { start: value.start, end: value.end, text: written };
  }

  #appended(line: string): TextEdit {
    const eol = /\r?\n/.exec(this.#text)?.[0] ?? '\n';
    const body = this.#text.replace(/^\ufeff/, '');
    const gap = body === '' || body.endsWith('\n') ? '' : eol;
    return { start: this.#text.length, end: this.#text.length, text: `${gap}${line}${eol}` };
  }

  #splice({ start, end, text }: TextEdit): void {
    this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    this.#statements = scanEnv(this.#text, this.name);
  }
}
