/** An answer of the wire, read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Makes of a compatible cloud's answer what the SDK takes for EC2's:
 * errors that come with status 200 become 400, so that they are not read as an empty success;
 * a refusal (`UnsupportedOperation`) that comes as a server's fault becomes 400, so that it is not tried again and again;
 * a crash page becomes an error in XML; empty times, which the SDK cannot read, are left out.
 */
export function repaired({ status, text }: Answer): Answer {
  const error = isErrorXml(text);
  if (status === 200 && error) return { status: 400, text };
  if (status >= 500 && error && errorCodeOf(text) === 'UnsupportedOperation') return { status: 400, text };
  if (status >= 500 && !error)
    return { status, text: errorXml('InternalError', 'its EC2 interface ended the request with an internal error') };
  if (status === 404 && !error) return { status, text: errorXml('NotFound', 'there is no EC2 interface at this path') };
  return { status, text: text.replace(/<(\w+(?:Time|Date))\s*(?:\/>|><\/\1>)/g, '') };
}

function isErrorXml(text: string): boolean {
  return /^\s*(?:<\?xml[^>]*\?>\s*)?<Response[\s>]/.test(text);
}

/** The code of an error answer, or undefined. */
export function errorCodeOf(text: string): string | undefined {
  return isErrorXml(text) ? /<Code>([^<]*)<\/Code>/.exec(text)?.[1] : undefined;
}

function errorXml(code: string, message: string): string {
  return `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`;
}
