/** A value as AWS's API takes it. */
export type ApiValue = string | number | boolean | null | readonly ApiValue[] | { readonly [key: string]: ApiValue };

/**
 * Reads a structure of the AWS CLI: JSON, or its shorthand `Key=Value,Other={A=1},List=[x,y]` (AWS CLI User Guide, "Using shorthand syntax").
 * Numbers stay text in shorthand.
 * @returns undefined for what is neither
 */
export function parseStructure(text: string): ApiValue | undefined {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as ApiValue;
    } catch {
      return undefined;
    }
  }
  const reader = new Shorthand(trimmed);
  const value = reader.pairs('');
  return reader.failed || !reader.atEnd ? undefined : value;
}

class Shorthand {
  #at = 0;
  failed = false;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  /** `Key=Value` pairs until the closing character. */
  pairs(close: string): ApiValue {
    const made: Record<string, ApiValue> = {};
    let last = '';
    while (!this.atEnd && this.text[this.#at] !== close && !this.failed) {
      const [whole = '', key] = /^\s*([A-Za-z]\w*)\s*=/.exec(this.text.slice(this.#at)) ?? [];
      if (key === undefined) {
        // `Key=a,b,c`: further values of the key before.
        const before = made[last];
        if (last === '' || before === undefined) return this.#fail();
        made[last] = [...(Array.isArray(before) ? (before as readonly ApiValue[]) : [before]), this.#word(`,${close}`)];
      } else {
        this.#at += whole.length;
        made[key] = this.#value(close);
        last = key;
      }
      if (this.text[this.#at] === ',') this.#at++;
    }
    return made;
  }

  #value(close: string): ApiValue {
    const open = this.text[this.#at];
    if (open === '{') {
      this.#at++;
      const value = this.pairs('}');
      this.#expect('}');
      return value;
    }
    if (open === '[') {
      this.#at++;
      const values: ApiValue[] = [];
      while (!this.atEnd && this.text[this.#at] !== ']' && !this.failed) {
        values.push(this.text[this.#at] === '{' ? this.#value(']') : this.#word(',]'));
        if (this.text[this.#at] === ',') this.#at++;
      }
      this.#expect(']');
      return values;
    }
    return this.#word(`,${close}`);
  }

  #word(ends: string): string {
    const quote = this.text[this.#at];
    if (quote === '"' || quote === "'") {
      let out = '';
      for (this.#at++; !this.atEnd && this.text[this.#at] !== quote; this.#at++) {
        if (this.text[this.#at] === '\\') this.#at++;
        out += this.text[this.#at] ?? '';
      }
      this.#expect(quote);
      return out;
    }
    let out = '';
    while (!this.atEnd && !ends.includes(this.text[this.#at] ?? '')) {
      if (this.text[this.#at] === '\\') this.#at++;
      out += this.text[this.#at++] ?? '';
    }
    return out.trim();
  }

  #expect(char: string): void {
    if (this.text[this.#at] === char) this.#at++;
    else this.failed = true;
  }

  #fail(): ApiValue {
    this.failed = true;
    return {};
  }
}
