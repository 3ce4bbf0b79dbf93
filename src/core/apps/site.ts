import type { App } from './model';
import { appRoot } from './model';
import { socketPath } from './units';

/** A file of the web server's. */
export interface SiteFile {
  readonly path: string;
  readonly text: string;
}

/** Seconds that the web server waits longer than gunicorn does, so that it is gunicorn which gives a request up, and says so. */
const LONGER = 5;

/** Where the certificate of a domain is that certbot has fetched. */
const certificateOf = (domain: string): string => `/etc/letsencrypt/live/${domain}`;

/** Where the authority finds what proves that the domain is this machine's. */
export const CHALLENGES = '/var/www/skylab-challenges';

export const CADDYFILE = '/etc/caddy/Caddyfile';
/** The line by which Caddy's own file takes in the sites. */
export const CADDY_IMPORT = 'import skylab/*.caddy';

interface Surroundings {
  /** The machine has addresses of IPv6. */
  readonly ipv6: boolean;
  /** certbot has a certificate for the domain. */
  readonly certificate: boolean;
  /** Debian keeps sites in two folders, others in conf.d. */
  readonly debian: boolean;
}

/** What the web server is told about an application. */
export function siteFile(app: App, around: Surroundings): SiteFile {
  const { kind } = app.proxy;
  if (kind === 'caddy') return { path: `/etc/caddy/skylab/${app.name}.caddy`, text: caddySite(app) };
  const path = around.debian ? `/etc/nginx/sites-available/${app.name}` : `/etc/nginx/conf.d/${app.name}.conf`;
  return { path, text: nginxSite(app, around) };
}

const projectFolder = (app: App): string =>
  app.source.folder === '.' ? `${appRoot(app.name)}/current/app` : `${appRoot(app.name)}/current/app/${app.source.folder}`;

/** Static files and uploads: URL and folder. */
function served(app: App): readonly { readonly url: string; readonly folder: string }[] {
  const root = appRoot(app.name);
  return [
    ...(app.static ? [{ url: app.static.url, folder: `${projectFolder(app)}/${app.static.folder}` }] : []),
    ...(app.media ? [{ url: app.media.url, folder: `${root}/shared/${app.media.folder}` }] : []),
  ];
}

/** Caddy fetches and renews the certificate by itself. */
function caddySite(app: App): string {
  const { name, proxy, web } = app;
  const root = appRoot(name);
  const folders = served(app).map(({ url, folder }) => block(`handle_path ${url}*`, [`root * ${folder}`, 'file_server']));
  const lines = [
    '# Written by Skylab; the next deployment writes it anew.',
    block(`${proxy.https ? '' : 'http://'}${proxy.domain}`, [
      ...(proxy.https && proxy.email !== undefined ? [`tls ${proxy.email}`] : []),
      block('log', [`output file /var/log/caddy/${name}.log`]),
      'encode gzip',
      block('request_body', [`max_size ${proxy.upload}MB`]),
      block('@maintenance file', [`root ${root}/shared`, 'try_files maintenance.on']),
      block('handle @maintenance', [
        `root * ${root}/shared`,
        'rewrite * /maintenance.html',
        'header Retry-After 120',
        block('file_server', ['status 503']),
      ]),
      ...folders,
      block('handle', [
        block(`reverse_proxy unix/${socketPath(name)}`, [block('transport http', [`response_header_timeout ${web.timeout + LONGER}s`])]),
      ]),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function nginxSite(app: App, { ipv6, certificate, debian }: Surroundings): string {
  const { name, proxy, web } = app;
  const root = appRoot(name);
  const tls = proxy.https && certificate;
  const listen = (port: number, more = ''): string[] => [`listen ${port}${more};`, ...(ipv6 ? [`listen [::]:${port}${more};`] : [])];
  const seconds = web.timeout + LONGER;
  const challenges = block('location /.well-known/acme-challenge/', [`root ${CHALLENGES};`]);
  const pages = [
    'server_tokens off;',
    `client_max_body_size ${proxy.upload}m;`,
    `access_log /var/log/nginx/${name}.access.log;`,
    `error_log /var/log/nginx/${name}.error.log;`,
    '',
    'error_page 503 @maintenance;',
    block(`if (-f ${root}/shared/maintenance.on)`, ['return 503;']),
    block('location @maintenance', [
      `root ${root}/shared;`,
      'add_header Retry-After 120 always;',
      'add_header Cache-Control no-store always;',
      'rewrite ^ /maintenance.html break;',
    ]),
    ...served(app).map(({ url, folder }) => block(`location ${url}`, [`alias ${folder}/;`])),
    block('location /', [
      `proxy_pass http://unix:${socketPath(name)};`,
      'proxy_set_header Host $host;',
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'proxy_set_header X-Forwarded-Proto $scheme;',
      '# Longer than gunicorn waits: a request that takes too long ends there, with a line in its journal.',
      'proxy_connect_timeout 10s;',
      `proxy_read_timeout ${seconds}s;`,
      `proxy_send_timeout ${seconds}s;`,
    ]),
  ];
  const plainServer = block('server', [
    ...listen(80),
    `server_name ${proxy.domain};`,
    ...(proxy.https ? [challenges] : []),
    ...(tls ? [block('location /', ['return 301 https://$host$request_uri;'])] : pages),
  ]);
  const live = certificateOf(proxy.domain);
  const tlsServer = block('server', [
    ...listen(443, ' ssl'),
    `server_name ${proxy.domain};`,
    `ssl_certificate ${live}/fullchain.pem;`,
    `ssl_certificate_key ${live}/privkey.pem;`,
    'ssl_protocols TLSv1.2 TLSv1.3;',
    'ssl_session_cache shared:skylab:2m;',
    ...pages,
  ]);
  const head = ['# Written by Skylab; the next deployment writes it anew.', ...(debian ? [] : [''])];
  return `${[...head, plainServer, ...(tls ? ['', tlsServer] : [])].join('\n')}\n`;
}

/** Both languages have blocks in braces. */
function block(head: string, lines: readonly string[]): string {
  const inner = lines.flatMap((line) => line.split('\n')).map((line) => (line === '' ? '' : `\t${line}`));
  return [`${head} {`, ...inner, '}'].join('\n');
}
