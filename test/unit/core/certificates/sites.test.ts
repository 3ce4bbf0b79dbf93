import assert from 'node:assert/strict';
import { tlsSites, useFilesInCaddyfile } from '../../../../src/core/certificates/caddyTls';
import { addMount } from '../../../../src/core/certificates/composeMount';
import { nginxServers, useFilesInNginx } from '../../../../src/core/certificates/nginxTls';
import { covers } from '../../../../src/core/certificates/x509';
import { fillCaddy } from '../../../../src/core/deploy/caddyfile';
import { applyEdits } from '../../../../src/core/deploy/edits';
import { SkylabError } from '../../../../src/core/errors';

const FILES = { certificate: '/c.pem', key: '/k.pem' };
const fill = (word: string): string => fillCaddy(word, (name) => ({ DOMAIN: 'lab.test' })[name]);
const caddy = (text: string, host = 'lab.test'): string =>
  applyEdits('Caddyfile', text, useFilesInCaddyfile('Caddyfile', text, host, FILES, fill));

describe('a certificate in a Caddyfile', () => {
  it('stands in the site’s block, indented as its neighbors, and every other byte stays', () => {
    assert.equal(
      caddy('{\n\temail a@b.c\n}\n{$DOMAIN} { # here\n    respond hi\n}\n'),
      '{\n\temail a@b.c\n}\n{$DOMAIN} { # here\n    tls /c.pem /k.pem\n    respond hi\n}\n',
    );
    assert.equal(
      caddy('other.test {\n}\r\nlab.test,\r\nwww.lab.test {\r\n\trespond hi\r\n}\r\n'),
      'other.test {\n}\r\nlab.test,\r\nwww.lab.test {\r\n\ttls /c.pem /k.pem\r\n\trespond hi\r\n}\r\n',
    );
    assert.equal(caddy('lab.test\n\nrespond hi'), 'lab.test\ntls /c.pem /k.pem\n\nrespond hi');
    assert.equal(caddy('lab.test\nheader {\n\tX y\n}\ntls internal\n'), 'lab.test\nheader {\n\tX y\n}\ntls /c.pem /k.pem\n');
  });

  it('takes the place of what was said about TLS before, and keeps its block', () => {
    assert.equal(caddy('lab.test {\n\ttls internal # for now\n}'), 'lab.test {\n\ttls /c.pem /k.pem # for now\n}');
    assert.equal(
      caddy('lab.test {\n\ttls {\n\t\tprotocols tls1.3\n\t}\n}'),
      'lab.test {\n\ttls /c.pem /k.pem {\n\t\tprotocols tls1.3\n\t}\n}',
    );
    assert.equal(caddy('lab.test {\n\ttls /c.pem /k.pem\n}'), 'lab.test {\n\ttls /c.pem /k.pem\n}');
    // "tls" of another site, or deeper inside, is not this one's
    assert.equal(
      caddy('a.test {\n\ttls x y\n}\nlab.test {\n\treverse_proxy b {\n\t\ttls internal\n\t}\n}'),
      'a.test {\n\ttls x y\n}\nlab.test {\n\ttls /c.pem /k.pem\n\treverse_proxy b {\n\t\ttls internal\n\t}\n}',
    );
  });

  it('is refused for a site that is plain, or not there', () => {
    for (const text of ['http://lab.test {\n}', ':80 {\n}', 'other.test {\n}', '(lab.test) {\n}'])
      assert.throws(
        () => caddy(text),
        (error: unknown) => error instanceof SkylabError && error.code === 'NoTlsSite',
        text,
      );
  });

  it('knows where sites are served', () => {
    const served = (address: string) => tlsSites(`${address} {\n}`, fill).flatMap((one) => one.served);
    assert.deepEqual(served('https://{$DOMAIN}:8443/x'), [{ host: 'lab.test', port: 8443 }]);
    assert.deepEqual(served('*.lab.test'), [{ host: '*.lab.test', port: 443 }]);
    assert.deepEqual(served(':443'), [{ host: '', port: 443 }]);
    assert.deepEqual(served('[::1]:8443'), [{ host: '::1', port: 8443 }]);
    assert.deepEqual(served(':8080'), []);
  });
});

describe('a mount in a Compose file', () => {
  const mounted = (text: string): string => applyEdits('c', text, addMount('c', text, 'web', '/a:/a:ro') ?? []);

  it('is added before the others, in the list’s own way', () => {
    assert.equal(
      mounted('services:\n  web:\n    volumes:\n      # ours\n      - ./C:/c # x\n      - d:/d\n'),
      'services:\n  web:\n    volumes:\n      # ours\n      - /a:/a:ro\n      - ./C:/c # x\n      - d:/d\n',
    );
    assert.equal(mounted("services:\n  web:\n    volumes: ['./C:/c']\n"), "services:\n  web:\n    volumes: ['/a:/a:ro', './C:/c']\n");
    assert.equal(
      mounted('services:\r\n  web:\r\n    volumes:\r\n    - type: bind\r\n      source: ./C\r\n'),
      'services:\r\n  web:\r\n    volumes:\r\n    - /a:/a:ro\r\n    - type: bind\r\n      source: ./C\r\n',
    );
  });

  it('is left to the person where the list is written in another way', () => {
    assert.equal(addMount('c', 'services:\n  web:\n    image: x\n', 'web', '/a:/a:ro'), undefined);
    assert.throws(() => mounted('x: &v\n  - a:/a\nservices:\n  web:\n    volumes: *v\n'), /does not change/);
  });
});

describe('a certificate in a site of nginx', () => {
  const SITE = `# the site
server {
    listen 80; listen [::]:80;
    server_name lab.test www.lab.test;
    location / { proxy_pass http://127.0.0.1:8001; # "quoted; {"
    }
}
`;
  const nginx = (text: string): string => applyEdits('s', text, useFilesInNginx('s', text, 'lab.test', FILES));

  it('is put beside the names, with TLS where the server had none', () => {
    assert.equal(
      nginx(SITE),
      SITE.replace(
        'www.lab.test;\n',
        'www.lab.test;\n    listen 443 ssl;\n    listen [::]:443 ssl;\n    ssl_certificate /c.pem;\n    ssl_certificate_key /k.pem;\n',
      ),
    );
  });

  it('takes the place of the one before, in the server that speaks TLS', () => {
    const tls =
      'server {\n  listen 443 ssl http2;\n  server_name lab.test;\n  ssl_certificate "/old a.pem";\n  ssl_certificate_key /old.key;\n}\n';
    const redirect = 'server { listen 80; server_name lab.test; return 301 https://$host$request_uri; }\n';
    assert.equal(nginx(redirect + tls), redirect + tls.replace('"/old a.pem"', '/c.pem').replace('/old.key', '/k.pem'));
    assert.deepEqual(
      nginxServers(tls).map(({ names, tlsPorts, files }) => ({ names, tlsPorts, files })),
      [{ names: ['lab.test'], tlsPorts: [443], files: { certificate: '/old a.pem', key: '/old.key' } }],
    );
    assert.equal(nginx(nginx(tls)), nginx(tls));
  });
});

describe('a certificate’s names', () => {
  it('count for one label where they begin with a star', () => {
    assert.ok(covers(['*.lab.test'], 'A.lab.test'));
    assert.ok(!covers(['*.lab.test'], 'lab.test'));
    assert.ok(!covers(['*.lab.test'], 'a.b.lab.test'));
    assert.ok(!covers([], 'lab.test'));
  });
});
