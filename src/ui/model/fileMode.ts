/** Permission bits of what a person typed: octal (`644`, `2755`) or as `ls -l` shows them (`rw-r--r--`); undefined for anything else. */
export function parseMode(text: string): number | undefined {
  const typed = text.trim();
  if (/^[0-7]{3,4}$/.test(typed)) return parseInt(typed, 8);
  if (!/^([r-][w-][xsS-]){2}[r-][w-][xtT-]$/.test(typed)) return undefined;
  const bits = Array.from(typed, (letter) => (/[rwxst]/.test(letter) ? '1' : '0')).join('');
  const marked = [2, 5, 8].map((at) => (/[sStT]/.test(typed.charAt(at)) ? '1' : '0')).join('');
  return parseInt(`${marked}${bits}`, 2);
}

/** As `ls -l` shows permission bits, without the kind: `rwxr-xr-x`. */
export function modeText(mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, at) => ((mode >> (8 - at)) & 1 ? letter : '-'));
  const mark = (at: number, bit: number, lower: string): void => {
    if (mode & bit) letters[at] = letters[at] === 'x' ? lower : lower.toUpperCase();
  };
  mark(2, 0o4000, 's');
  mark(5, 0o2000, 's');
  mark(8, 0o1000, 't');
  return letters.join('');
}

export const octal = (mode: number): string => mode.toString(8).padStart(3, '0');
