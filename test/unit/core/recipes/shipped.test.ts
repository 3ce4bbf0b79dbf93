import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import { protectionOf } from '../../../../src/core/deploy/lab';
import type { VariableType, When } from '../../../../src/core/recipes/model';
import { applies } from '../../../../src/core/recipes/answers';
import { makeFolder } from '../../../../src/core/recipes/make';
import { caseOf, folderOf } from '../deploy/support';
import { known, recipeIds, setsUpMachines, shipped, textOf, variantsOf } from './support';

interface ComposeService {
  readonly image?: string;
  readonly ports?: readonly string[];
  readonly mem_reservation?: string;
  readonly restart?: string;
}

/** MiB that Docker, the system and the login need beside the containers. */
const SYSTEM_MIB = 250;
/** The kinds that the deploy page has no word of its own for. */
const SHOWN_AS: Partial<Record<VariableType, string>> = { secret: 'password', list: 'text', choice: 'text', bool: 'text' };

const mebibytes = (text = '0'): number => {
  const [, number = '0', unit = 'm'] = /^(\d+)([mg])?/.exec(text) ?? [];
  return Number(number) * (unit === 'g' ? 1024 : 1);
};

describe('the recipes that ship', () => {
  // That one is no stack; test/unit/core/apps has it.
  for (const id of recipeIds.filter((one) => one !== 'django')) {
    describe(id, () => {
      it('has the name of its folder, a readme, and a line of .env for every variable and the other way round', async () => {
        const { recipe, files } = await shipped(id);
        assert.equal(recipe.id, id);
        for (const answers of variantsOf(recipe)) {
          const made = makeFolder(recipe, files, answers, known);
          assert.ok(textOf(made, 'README.md'));
          const lines = EnvFile.parse(textOf(made, '.env') ?? '').keys();
          // A machine is set up again with other answers in the same file, so it has a line for each.
          const counts = (when: When): boolean => setsUpMachines(id) || applies(when, answers);
          const wanted = recipe.variables.filter(({ env, when }) => env && counts(when)).map(({ name }) => name);
          assert.deepEqual([...lines].sort(), wanted.sort());
        }
      });

      if (setsUpMachines(id)) return;
      it('states the ports that it publishes, and memory for what its containers reserve', async () => {
        const { recipe, files } = await shipped(id);
        for (const answers of variantsOf(recipe)) {
          const text = textOf(makeFolder(recipe, files, answers, known), 'compose.yml') ?? '';
          const { services } = parse(text, { merge: true }) as { services: Record<string, ComposeService> };
          const all = Object.values(services);
          const ports = all.flatMap((service) => (service.ports ?? []).map((port) => Number(port.split(':')[0])));
          assert.deepEqual(ports.sort(), [...recipe.needs.ports].sort());
          assert.ok(
            all.every(({ mem_reservation: reserved }) => reserved !== undefined),
            'every service reserves memory',
          );
          const reserved = all.reduce((sum, service) => sum + mebibytes(service.mem_reservation), SYSTEM_MIB);
          assert.ok(recipe.needs.memoryMiB >= reserved, `${recipe.needs.memoryMiB} MiB for ${reserved}`);
          assert.ok(recipe.needs.memoryMiB < 3 * reserved, 'and not far more than that');
          assert.ok(all.every(({ restart }) => restart === 'unless-stopped'));
        }
      });

      it('gives the deploy page the kinds of fields that it states, nothing to mend but what the page mends itself', async () => {
        const { recipe, files } = await shipped(id);
        for (const answers of variantsOf(recipe)) {
          const made = makeFolder(recipe, files, answers, known);
          const texts = Object.fromEntries(made.map(({ path, content }) => [path, content.toString('utf8')]));
          const tops = [...new Set(made.filter(({ path }) => path.includes('/')).map(({ path }) => path.split('/')[0] ?? ''))];
          const { lab, fields, drafts } = caseOf(folderOf(texts, tops, id));
          for (const { name, type, env, when, required } of recipe.variables) {
            if (!env || !applies(when, answers)) continue;
            const field = fields.find(({ key }) => key === name);
            assert.equal(field?.kind, SHOWN_AS[type] ?? type, name);
            if (required && type !== 'secret') assert.ok(field.required || field.value !== '', `${name} is required`);
          }
          const unfixed = drafts.filter(({ severity, fix }) => severity !== 'info' && fix?.onByDefault !== true).map((one) => one.id);
          assert.deepEqual(unfixed, expectedFindings(id, answers));
          const guarded = recipe.tests.some(({ status, when }) => status === 401 && applies(when, answers));
          const protection = protectionOf(lab, (key) => lab.env.get(key));
          assert.equal(protection?.passwordKey !== undefined, guarded);
        }
      });
    });
  }
});

/** A site for everyone is said to be one, and a hub that holds Docker's socket to have the machine's rights. */
function expectedFindings(id: string, answers: Record<string, string>): string[] {
  if (id === 'jupyterhub') return ['rights:hub'];
  return id === 'static-site' && answers['ACCESS'] === 'everyone' ? ['unprotected'] : [];
}
