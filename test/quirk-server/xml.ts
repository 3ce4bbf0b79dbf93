/** One element with text. */
export const el = (name: string, value: string | number | undefined): string => `<${name}>${xml(String(value ?? ''))}</${name}>`;

export function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An answer's root; the version that was asked for is echoed and never looked at. */
export function answer(action: string, version: string, ...inner: readonly string[]): string {
  return `<?xml version="1.0"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/${version}/">\n  <requestId/>\n${inner.join('\n')}\n</${action}Response>\n`;
}

/** Line ends and the indentation after them are taken out of every answer. */
export const stripped = (text: string): string => text.replace(/\n\s*/g, '');

export const instanceId = (id: number): string => `i-${String(id).padStart(8, '0')}`;
export const volumeId = (id: number): string => `vol-${String(id).padStart(8, '0')}`;
export const snapshotId = (id: number): string => `snap-${String(id).padStart(8, '0')}`;
export const imageId = (id: number): string => `ami-${String(id).padStart(8, '0')}`;

/** Ruby's `%08i` of a zero-padded string: it is read as octal, and a digit 8 or 9 raises. @throws RangeError */
export function octalId(prefix: string, padded: string): string {
  if (/^0+$/.test(padded)) return `${prefix}-00000000`;
  if (/^0[0-7]*$/.test(padded)) return `${prefix}-${String(parseInt(padded, 8)).padStart(8, '0')}`;
  if (/^[1-9]\d*$/.test(padded)) return `${prefix}-${padded.padStart(8, '0')}`;
  throw new RangeError(`invalid value for Integer(): "${padded}"`);
}

/** XML schema's date and time. */
export const dateTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
