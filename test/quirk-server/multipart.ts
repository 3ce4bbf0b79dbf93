import type { IncomingMessage } from 'node:http';

export interface Form {
  readonly params: ReadonlyMap<string, string>;
  readonly file: Buffer | undefined;
}

/** Reads query, form or multipart/form-data (RFC 7578); a part named `file` is the upload. */
export async function readForm(request: IncomingMessage, query: string): Promise<Form> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const params = new Map(new URLSearchParams(query));
  const type = request.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary === undefined) {
    for (const [key, value] of new URLSearchParams(body.toString('utf8'))) params.set(key, value);
    return { params, file: undefined };
  }
  let file: Buffer | undefined;
  for (const { name, content } of partsOf(body, boundary)) {
    if (name === 'file') file = content;
    else params.set(name, content.toString('utf8'));
  }
  return { params, file };
}

function partsOf(body: Buffer, boundary: string): readonly { name: string; content: Buffer }[] {
  const line = Buffer.from(`--${boundary}`);
  const parts: { name: string; content: Buffer }[] = [];
  for (let at = body.indexOf(line); at !== -1;) {
    const begin = at + line.length + 2;
    const end = body.indexOf(line, begin);
    if (end === -1) break;
    const part = body.subarray(begin, end - 2);
    const head = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.toString('latin1', 0, head))?.[1];
    if (name !== undefined) parts.push({ name, content: part.subarray(head + 4) });
    at = end;
  }
  return parts;
}
