import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { Act, Task } from '../upkeep/task';
import { applies } from './answers';
import { lookProgram, masked, parseEnd, stepProgram } from './hostProgram';
import type { HostProgram } from './hostProgram';
import type { HostStep, Recipe } from './model';

/** What the check of a step said. */
export interface StepState {
  /** Exit code of its script. */
  readonly code: number;
  /** The last line that it printed; empty for none. */
  readonly said: string;
}

const MINUTE = 60_000;

/** The steps that these values call for. */
export const stepsOf = (recipe: Recipe, values: Readonly<Record<string, string>>): readonly HostStep[] =>
  recipe.host.filter(({ when }) => applies(when, values));

/**
 * What a recipe does on the machine itself, as a task: its checks are asked in one round trip, and what they find to be so already is
 * left alone.
 * @throws SkylabError (from `plan`) `NotHere` where a check refuses
 */
export function hostTask(recipe: Recipe, program: HostProgram): Task<readonly StepState[]> {
  const steps = stepsOf(recipe, program.values);
  return {
    id: `recipe.${recipe.id}`,
    title: `Set up ${recipe.title}`,
    look: {
      argv: ['sh', '-s'],
      stdin: lookProgram(program, steps),
      sudo: steps.some((step) => step.as === 'root'),
      what: `look what ${recipe.title} needs`,
      parse: (text) => parseStates(text, program, steps.length),
    },
    plan: (states) => ({
      acts: steps.flatMap((step, i) => {
        const { code, said } = states[i] ?? { code: 1, said: '' };
        if (code === 0) return [];
        if (code === 1) return [actOf(step, i, program)];
        throw new SkylabError(said === '' ? `${step.check} ended with code ${code}, which is neither 0 nor 1.` : sentence(said), {
          next: 'Nothing was changed.',
          code: 'NotHere',
        });
      }),
    }),
  };
}

function actOf(step: HostStep, index: number, program: HostProgram): Act {
  const command = (which: 'run' | 'undo'): RemoteCommand => ({
    argv: ['sh', '-s'],
    stdin: stepProgram(program, step, which),
    sudo: step.as === 'root',
    what: which === 'run' ? `do this: ${step.title}` : `take this back: ${step.title}`,
    parse: (text) => mustHaveEnded(text, program, step, which),
  });
  return {
    name: `host${index}`,
    title: step.title.charAt(0).toUpperCase() + step.title.slice(1),
    changes: [
      {
        line: step.title,
        command: command('run'),
        timeoutMs: step.minutes * MINUTE,
        tells: (line) => masked(program, line),
        ...(step.undo === undefined ? {} : { undo: command('undo') }),
      },
    ],
  };
}

/** @throws SkylabError `HostStepFailed` with the last lines that its script printed */
function mustHaveEnded(text: string, program: HostProgram, step: HostStep, which: 'run' | 'undo'): string {
  const end = parseEnd(text);
  if (end?.code === 0) return '';
  const script = which === 'undo' ? (step.undo ?? '') : step.run;
  const said = masked(program, end?.said ?? '');
  const why = end?.script === 'check' ? `ended well, yet ${step.check} does not find it done` : `ended with code ${end?.code ?? 'unknown'}`;
  throw new SkylabError(`${script} ${why}${said === '' ? '.' : `: ${sentence(said)}`}`, {
    next: 'The log has all that it said; the same again does only what is missing.',
    code: 'HostStepFailed',
    remedies: [{ kind: 'showLog' }],
  });
}

/** Reads `step <number> <code> <last line>`. */
function parseStates(text: string, program: HostProgram, count: number): readonly StepState[] {
  const states = new Map<number, StepState>();
  for (const line of text.split('\n')) {
    const [, number, code, said = ''] = /^step (\d+) (\d+) ?(.*)$/.exec(line) ?? [];
    if (number !== undefined) states.set(Number(number), { code: Number(code), said: masked(program, said.trim()) });
  }
  return Array.from({ length: count }, (_, i) => {
    const state = states.get(i);
    if (state === undefined) throw new SkylabError('The machine did not say how it stands.', { next: 'Try again.', code: 'BadAnswer' });
    return state;
  });
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
