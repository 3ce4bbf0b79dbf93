import { isAddress } from '../deploy/domain';
import type { Recipe, RecipeVariable, When } from './model';

/** Variable -> answer; what is left out has its default. */
export type Answers = Readonly<Record<string, string>>;

/** Whether the answers so far are those under which something applies. */
export function applies(when: When, answers: Answers): boolean {
  return Object.entries(when).every(([name, value]) => answers[name] === value);
}

/** The value of each variable that applies; secrets are made by `random` where none is given. @param random bytes in hexadecimal */
export function settle(recipe: Recipe, given: Answers, random: (bytes: number) => string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { name, when, generated, default: fallback = '' } of recipe.variables) {
    if (!applies(when, values)) continue;
    const answer = given[name];
    values[name] = answer !== undefined && answer !== '' ? answer : generated === undefined ? fallback : random(generated);
  }
  return values;
}

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** What is wrong with an answer, as a sentence, or undefined. */
export function answerProblem(variable: RecipeVariable, answer: string): string | undefined {
  const value = answer.trim();
  if (value === '') return variable.required && variable.default === undefined ? `Give a value for: ${variable.label}.` : undefined;
  if (/\p{Cc}/u.test(value)) return 'The value has to fit on one line.';
  switch (variable.type) {
    case 'domain':
      if (isAddress(value)) return 'A bare address gets no certificate: give a name.';
      return HOST.test(value) ? undefined : 'This is not a host name: use letters, digits, hyphens and dots, without http:// or a path.';
    case 'user':
      return /^[A-Za-z0-9._@+-]+$/.test(value) ? undefined : 'Use letters, digits and . _ @ + -.';
    case 'port':
      return /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65536 ? undefined : 'A port is a number from 1 to 65535.';
    case 'bool':
      return value === 'true' || value === 'false' ? undefined : 'Say true or false.';
    case 'choice':
      return variable.others || variable.choices.some((choice) => choice.value === value) ? undefined : 'This is none of the choices.';
    case 'text':
    case 'password':
    case 'secret':
    case 'path':
    case 'list':
      return undefined;
  }
}
