/** How hard a password is to guess, as a word. */
export type Strength = 'weak' | 'fair' | 'strong';

/** What guessers try first. */
const KNOWN =
  /^(p[a@]ssw[o0]rd|passw|change-?_?me|secret|admin|root|test|default|guest|user|qwert[yz]|letmein|welcome|jupyter|1234|abc123|iloveyou)/i;

/**
 * A rough judgement by length, variety and repetition; bits as if each character were drawn by chance, halved for words and sequences.
 * @returns undefined for an empty password
 */
export function strengthOf(password: string): Strength | undefined {
  if (password === '') return undefined;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((one) => one.test(password)).length;
  const alphabet = [0, 26, 46, 62, 80][classes] ?? 80;
  const varied = Math.min(password.length, new Set(password).size * 2);
  const bits = varied * Math.log2(alphabet) * (sequential(password) || /^[a-z]+\d*$/i.test(password) ? 0.6 : 1);
  if (KNOWN.test(password) || bits < 40) return 'weak';
  return bits < 70 ? 'fair' : 'strong';
}

/** Whether most characters follow the one before them, as in `abcdef` and `98765`. */
function sequential(text: string): boolean {
  let steps = 0;
  for (let i = 1; i < text.length; i++) if (Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) <= 1) steps++;
  return steps > text.length / 2;
}
