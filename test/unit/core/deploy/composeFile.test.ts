import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import { composeOf as parse } from './support';

describe('a Compose file', () => {
  it('that does not parse is refused with its name and line', () => {
    assert.throws(
      () => parse('services:\n  web:\n    image: "caddy\n  db:\n   image: x\n'),
      (error) =>
        error instanceof SkylabError &&
        /^compose\.yml cannot be read: line \d+: /.test(error.message) &&
        /nothing was sent/i.test(error.next ?? ''),
    );
    assert.throws(() => parse('services:\n  a: {image: x}\n  a: {image: y}\n'), /line 3: Map keys must be unique/);
    assert.throws(() => parse('services:\n\tweb: {}\n'), /line 2/);
  });

  it('without services is refused', () => {
    for (const text of ['', 'services:\n', 'services: []\n', 'just text', 'volumes: {a: {}}'])
      assert.throws(() => parse(text), /names no services/);
  });

  it('gives ports in every form', () => {
    const text =
      'services:\n  web:\n    ports: ["80", 8080, "80:80", "127.0.0.1:81:81/tcp", "${PORT:-82}:82", "[::1]:83:83", {target: 84, published: "8084", host_ip: 10.0.0.1}]\n';
    const ports = parse(text).services[0]?.ports.map(({ hostIp, published, target }) => [hostIp, published, target]);
    assert.deepEqual(ports?.slice(0, 5), [
      [undefined, undefined, '80'],
      [undefined, undefined, '8080'],
      [undefined, '80', '80'],
      ['127.0.0.1', '81', '81'],
      [undefined, '${PORT:-82}', '82'],
    ]);
    assert.deepEqual(ports[6], ['10.0.0.1', '8084', '84']);
  });

  it('gives bind mounts but no named volumes', () => {
    const text =
      'services:\n  web:\n    volumes:\n      - data:/data\n      - ./a:/a:ro\n      - /srv/b:/b\n      - {type: bind, source: ~/c, target: /c, read_only: true}\n      - {type: volume, source: data, target: /d}\n';
    assert.deepEqual(
      parse(text).services[0]?.mounts.map(({ source, target, readOnly }) => [source, target, readOnly]),
      [
        ['./a', '/a', true],
        ['/srv/b', '/b', false],
        ['~/c', '/c', true],
      ],
    );
  });

  it('is read through anchors and merges', () => {
    const text =
      'x-base: &base\n  image: caddy:2\n  environment: &env {A: "${ONE}"}\nservices:\n  web:\n    <<: *base\n    environment:\n      <<: *env\n      B: ${TWO}\n  other: *base\n';
    const { services, mentions } = parse(text);
    assert.deepEqual(
      services.map((service) => service.image?.value),
      ['caddy:2', 'caddy:2'],
    );
    assert.deepEqual(
      mentions.map((mention) => mention.name),
      ['ONE', 'TWO'],
    );
  });

  it('knows where each value stands', () => {
    const text = 'services:\n  web:\n    image: "caddy:2" # pinned\n';
    const at = parse(text).services[0]?.image;
    assert.equal(text.slice(at?.start, at?.end), '"caddy:2"');
  });

  it('does not take comments for mentions', () => {
    assert.deepEqual(parse('# ${NOT}\nservices:\n  web: {image: x} # $NOR\n').mentions, []);
  });
});
