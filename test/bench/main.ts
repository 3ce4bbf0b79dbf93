// npm run bench [-- NAME...]: runs test/bench/<NAME>.ts, all of them without a name, and prints one JSON line for each.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './harness';

const NOT_BENCHES = ['harness.ts', 'main.ts', 'watched.ts'];

async function main(asked: readonly string[]): Promise<number> {
  const known = readdirSync(__dirname)
    .filter((file) => file.endsWith('.ts') && !NOT_BENCHES.includes(file))
    .map((file) => path.basename(file, '.ts'))
    .sort();
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
    return 64;
  }
  for (const name of asked.length > 0 ? asked : known) {
    try {
      const module = (await import(pathToFileURL(path.join(__dirname, `${name}.ts`)).href)) as { default: Bench | { default: Bench } };
      // A CommonJS module's default export arrives one level down.
      const bench = typeof module.default === 'function' ? module.default : module.default.default;
      console.log(JSON.stringify(await bench()));
    } catch (error) {
      console.log(JSON.stringify({ bench: name, ok: false, error: error instanceof Error ? error.message : String(error) }));
    }
  }
  return 0;
}

// Words with dashes are for the benchmarks themselves.
main(process.argv.slice(2).filter((word) => !word.startsWith('--'))).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(70);
  },
);
