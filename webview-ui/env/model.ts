import type { EnvForm, EnvFormField, EnvSection } from '../../src/shared/envModel';

/** Fields beyond this many get a box to search in. */
export const SEARCH_FROM = 10;

/** The sections with the fields that have every word of the search in name, label, help or users. */
export function matching(form: EnvForm, search: string): readonly EnvSection[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return form.sections;
  const fits = (section: EnvSection, field: EnvFormField): boolean => {
    const text = [field.key, field.label, field.help, section.title, ...field.users].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return form.sections
    .map((section) => ({ ...section, fields: section.fields.filter((field) => fits(section, field)) }))
    .filter(({ fields }) => fields.length > 0);
}

export const fieldCount = (form: EnvForm): number => form.sections.reduce((sum, { fields }) => sum + fields.length, 0);

export type SecretFormat = 'hex' | 'base64' | 'letters';

/** The format that a value has now; letters and digits where it says nothing. */
export function formatOf(value: string): SecretFormat {
  if (/^[0-9a-f]{16,}$/.test(value)) return 'hex';
  return /^[A-Za-z0-9+/]{16,}={1,2}$/.test(value) ? 'base64' : 'letters';
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A secret of so much randomness.
 * @param random fills an array with random bytes
 */
export function makeSecret(bytes: number, format: SecretFormat, random: (array: Uint8Array) => Uint8Array): string {
  if (format === 'letters') {
    const length = Math.ceil((bytes * 8) / Math.log2(LETTERS.length));
    let text = '';
    while (text.length < length) {
      for (const byte of random(new Uint8Array(length))) {
        // bytes above the last whole multiple would make the first letters more likely
        if (byte < 248 && text.length < length) text += LETTERS.charAt(byte % LETTERS.length);
      }
    }
    return text;
  }
  const drawn = random(new Uint8Array(bytes));
  if (format === 'hex') return [...drawn].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return btoa(String.fromCharCode(...drawn));
}
