import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');

describe('the packages', () => {
  it('package-lock.json names no registry host, so that any registry can serve it', () => {
    const hosts = readFileSync(path.join(root, 'package-lock.json'), 'utf8').match(/"resolved": "https?:\/\/[^/"]+/g) ?? [];
    assert.deepEqual([...new Set(hosts)], []);
  });

  it('every direct package is pinned to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    assert.deepEqual(loose, []);
  });

  it('the lock file has an entry for every optional package, without which npm ci refuses it', () => {
    const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const has = new Set(Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, '')));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
    assert.deepEqual(
      wanted.filter((name) => !has.has(name)),
      [],
    );
  });
});
