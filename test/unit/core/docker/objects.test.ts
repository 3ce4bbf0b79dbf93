import assert from 'node:assert/strict';
import { isReference, registryOf } from '../../../../src/core/docker/dockerHost';
import { parseObjects } from '../../../../src/core/docker/objects';
import { freedTogether, parsePruneSurvey } from '../../../../src/core/docker/prune';
import { parseSize } from '../../../../src/core/docker/sizes';

describe('what Docker has', () => {
  it('is read: sizes, ages and who uses it', () => {
    const id = 'sha256:a30ca5bf1c8d8e9ee94e6e587af86ec1946120372d370af1cda35046dd690246';
    const container = {
      id: '1',
      name: '/web',
      image: 'caddy:latest',
      imageId: id,
      state: 'running',
      mounts: [{ Type: 'volume', Name: 'kept' }],
    };
    const { docker, version, images, volumes, networks } = parseObjects(
      [
        'docker\tsudo 26.1.5+dfsg1',
        `container\t${JSON.stringify(container)}`,
        `image\t{"id":"${id}","tags":["caddy:latest"],"created":"2026-11-21T08:57:24.098627172Z","size":132119023}`,
        'image\t{"id":"sha256:62e9","tags":null,"created":"2026-11-21T19:39:17Z","size":5}',
        'volume\t{"name":"kept","driver":"local","created":"2026-11-21T18:36:13Z","project":"lab"}',
        'network\t{"name":"bridge","driver":"bridge","project":"","containers":{}}',
        'network\t{"name":"lab_default","driver":"bridge","project":"lab","containers":{"53":{"Name":"web"}}}',
        'sizes\t[{"Links":"1","Name":"kept","Size":"1.5MB"}]',
      ].join('\n'),
    );
    assert.deepEqual([docker, version], ['sudo', '26.1.5+dfsg1']);
    assert.deepEqual(
      images.map(({ tags, size, usedBy }) => [tags, size, usedBy]),
      [
        [['caddy:latest'], 132119023, ['web']],
        [[], 5, []],
      ],
    );
    assert.deepEqual(volumes, [
      { name: 'kept', driver: 'local', createdAt: Date.UTC(2026, 10, 21, 18, 36, 13), size: 1_500_000, project: 'lab', usedBy: ['web'] },
    ]);
    assert.deepEqual(
      networks.map(({ name, builtIn, usedBy }) => [name, builtIn, usedBy]),
      [
        ['bridge', true, []],
        ['lab_default', false, ['web']],
      ],
    );
  });

  it('has no sizes where measuring took too long', () => {
    const { volumes } = parseObjects('docker\tdirect 20.10.24\nvolume\t{"name":"big","driver":"local"}\nsizes\t\n');
    assert.equal(volumes[0]?.size, undefined);
  });

  it('is measured as Docker writes it', () => {
    assert.deepEqual(['0B', '12.3kB (virtual 132MB)', '132.1MB', '1.5GB', '2.5GiB', 'N/A', ''].map(parseSize), [
      0,
      12_300,
      132_100_000,
      1_500_000_000,
      2_684_354_560,
      undefined,
      undefined,
    ]);
  });
});

describe('what clearing away frees', () => {
  const usage = {
    Images: [
      { Containers: '3', ID: 'sha256:a', Repository: 'caddy', Tag: 'latest', SharedSize: '0B', Size: '132MB', UniqueSize: '132.1MB' },
      { Containers: '0', ID: 'sha256:bbbbbbbbbbbbbbbb', Repository: '<none>', Tag: '<none>', UniqueSize: '3MB' },
      { Containers: '0', ID: 'sha256:c', Repository: 'mine', Tag: '1', UniqueSize: '2MB' },
      { Containers: '0', ID: 'sha256:c', Repository: 'mine', Tag: 'again', UniqueSize: '2MB' },
    ],
    Containers: [
      { Names: 'ended', State: 'exited', Size: '1kB (virtual 132MB)' },
      { Names: 'web', State: 'running', Size: '5MB' },
    ],
    Volumes: [
      { Name: 'kept', Links: '1', Size: '1GB' },
      { Name: 'left', Links: '0', Size: '20MB' },
    ],
    BuildCache: [
      { InUse: 'false', Shared: 'false', Size: '34B' },
      { InUse: 'true', Shared: 'false', Size: '1GB' },
      { InUse: 'false', Shared: 'true', Size: '2MB' },
      { CacheType: 'internal', InUse: 'false', Shared: 'false', Size: '7MB' },
    ],
  };

  it('is counted for each kind, an image with two names once, and what is in use never', () => {
    const { kinds, volumes } = parsePruneSurvey(`${JSON.stringify(usage)}\nn1\n`);
    assert.deepEqual(
      kinds.map(({ kind, bytes, names }) => [kind, bytes, names]),
      [
        ['containers', 1000, ['ended']],
        ['dangling', 3_000_000, ['bbbbbbbbbbbb']],
        ['images', 5_000_000, ['bbbbbbbbbbbb', 'mine:1', 'mine:again']],
        ['networks', 0, ['n1']],
        ['cache', 34, []],
      ],
    );
    assert.deepEqual(volumes, [{ name: 'left', bytes: 20_000_000 }]);
  });

  it('is less for images whose layers the build cache holds, unless that goes too; no image counts twice', () => {
    const { kinds } = parsePruneSurvey(`${JSON.stringify(usage)}\nn1\n`);
    const together = (...chosen: string[]) => freedTogether(kinds.filter(({ kind }) => chosen.includes(kind)));
    assert.deepEqual(together('dangling'), { least: 1_000_000, most: 3_000_000 });
    assert.deepEqual(together('dangling', 'images'), { least: 3_000_000, most: 5_000_000 });
    assert.deepEqual(together('containers', 'dangling', 'cache'), { least: 3_001_034, most: 3_001_034 });
  });

  it('is nothing where all is used', () => {
    assert.deepEqual(parsePruneSurvey('{"Images":[],"Containers":[],"Volumes":[],"BuildCache":null}\n'), { kinds: [], volumes: [] });
  });
});

describe("an image's name", () => {
  it('is taken as Docker takes it', () => {
    for (const good of [
      'caddy',
      'caddy:2',
      'quay.io/jupyter/base-notebook:latest',
      'localhost:5000/a/b',
      'a__b',
      `x@sha256:${'0'.repeat(64)}`,
    ])
      assert.ok(isReference(good), good);
    for (const bad of ['', 'Caddy', 'a b', '-rf', '--help', 'a:', 'a;b', '$(x)']) assert.ok(!isReference(bad), bad);
  });

  it('says which registry it belongs to', () => {
    assert.deepEqual(['caddy', 'library/caddy', 'ghcr.io/a/b', 'localhost:5000/x', 'localhost/x'].map(registryOf), [
      '',
      '',
      'ghcr.io',
      'localhost:5000',
      'localhost',
    ]);
  });
});
