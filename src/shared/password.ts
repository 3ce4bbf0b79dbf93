/** bcrypt reads no more than this many bytes of a password. */
export const MAX_PASSWORD_BYTES = 72;

/** The problem with a password as a sentence, or undefined when it can be hashed. */
export function passwordProblem(password: string): string | undefined {
  if (password.length === 0) return 'Type a password.';
  const bytes = new TextEncoder().encode(password).length;
  if (bytes > MAX_PASSWORD_BYTES) return `The password has ${bytes} bytes; bcrypt and Caddy take at most ${MAX_PASSWORD_BYTES}.`;
  if (password.includes('\0')) return 'The password holds a zero character, which bcrypt cuts at.';
  return undefined;
}
