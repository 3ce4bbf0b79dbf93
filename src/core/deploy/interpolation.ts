/** One mention of a variable in a Compose value. Syntax: https://docs.docker.com/reference/compose-file/interpolation/ */
export interface Mention {
  readonly name: string;
  /** The default after `:-` or `-`, as written. */
  readonly fallback?: string;
  /** True for `:?` and `?`: Compose refuses to start without a value. */
  readonly required: boolean;
}

type Part = { readonly literal: string } | { readonly mention: Mention; readonly operator: string; readonly operand: string };

/** Position behind the `}` that closes the `${` whose name begins at `from`, or -1. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text.startsWith('${', i)) {
      depth++;
      i++;
    } else if (text[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

function split(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) {
      parts.push({ literal: text.slice(at) });
      break;
    }
    if (dollar > at) parts.push({ literal: text.slice(at, dollar) });
    const rest = text.slice(dollar + 1);
    const bare = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0];
    const braced = /^\{([A-Za-z_][A-Za-z0-9_]*)/.exec(rest);
    const end = braced ? closingBrace(text, dollar + 2) : -1;
    if (rest.startsWith('$')) {
      parts.push({ literal: '$' });
      at = dollar + 2;
    } else if (bare !== undefined) {
      parts.push({ mention: { name: bare, required: false }, operator: '', operand: '' });
      at = dollar + 1 + bare.length;
    } else if (braced?.[1] !== undefined && end >= 0) {
      const name = braced[1];
      const body = text.slice(dollar + 2 + name.length, end);
      const operator = /^:?[-?+]/.exec(body)?.[0] ?? '';
      const operand = body.slice(operator.length);
      const mention = { name, required: operator.endsWith('?'), ...(operator.endsWith('-') ? { fallback: operand } : {}) };
      parts.push({ mention, operator, operand });
      at = end + 1;
    } else {
      parts.push({ literal: '$' });
      at = dollar + 1;
    }
  }
  return parts;
}

/** Every variable that the value mentions, those inside defaults included; `$$` mentions nothing. */
export function mentions(text: string): Mention[] {
  return split(text).flatMap((part) => ('mention' in part ? [part.mention, ...mentions(part.operand)] : []));
}

/** The value as Compose would fill it in. */
export function interpolate(text: string, valueOf: (name: string) => string | undefined): string {
  return split(text)
    .map((part) => {
      if ('literal' in part) return part.literal;
      const value = valueOf(part.mention.name);
      const present = part.operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
      if (part.operator.endsWith('+')) return present ? interpolate(part.operand, valueOf) : '';
      if (part.operator.endsWith('-') && !present) return interpolate(part.operand, valueOf);
      return value ?? '';
    })
    .join('');
}
