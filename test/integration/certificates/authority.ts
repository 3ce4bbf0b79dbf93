import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A pair of files as an issuer hands them out. */
export interface IssuedPair {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate authority of openssl's with one in between, as public ones have. */
export class Authority {
  readonly root: string;
  readonly between: string;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'root.key',
      '-out',
      'root.crt',
      '-days',
      '30',
      '-subj',
      '/CN=Test Root',
      ...ca,
    );
    this.#openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'between.key',
      '-out',
      'between.csr',
      '-subj',
      '/CN=Test Between',
    );
    writeFileSync(join(folder, 'between.ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
    this.#openssl(
      'x509',
      '-req',
      '-in',
      'between.csr',
      '-CA',
      'root.crt',
      '-CAkey',
      'root.key',
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      'between.ext',
      '-out',
      'between.crt',
    );
    this.root = this.#read('root.crt');
    this.between = this.#read('between.crt');
  }

  /** @param more what the key and the validity differ in */
  issue(
    file: string,
    names: readonly string[],
    { key = 'ec', days = 20 }: { readonly key?: 'ec' | 'rsa:2048' | 'rsa:1024'; readonly days?: number } = {},
  ): IssuedPair {
    const curve = key === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : [];
    this.#openssl(
      'req',
      '-newkey',
      key,
      ...curve,
      '-nodes',
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
      '-subj',
      `/CN=${names[0] ?? file}`,
    );
    writeFileSync(
      join(this.folder, `${file}.ext`),
      `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\nextendedKeyUsage=serverAuth\n`,
    );
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${file}.csr`,
      '-CA',
      'between.crt',
      '-CAkey',
      'between.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      `${file}.ext`,
      '-out',
      `${file}.crt`,
    );
    return {
      certificate: this.#read(`${file}.crt`),
      key: this.#read(`${file}.key`),
      certificateFile: join(this.folder, `${file}.crt`),
      keyFile: join(this.folder, `${file}.key`),
    };
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.folder, stdio: 'pipe' });
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }
}
