import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RemoteSession } from '../../../src/core/remote/session';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, answersTo, ended, sampleLab } from '../deploy/bed';
import { run } from '../practice-cloud/lab';

const PASSWORD = 'correct horse battery';
const KEY = 'LAB_PASSWORD';

/** A practice machine with Docker and the sample lab's images, for figures of deployments beside the same steps by hand. */
export class DeployBench {
  /** Commands opened on the machine since `count` was last asked. */
  #commands = 0;

  private constructor(
    private readonly cloud: PracticeCloud,
    readonly bed: Bed,
    private readonly folder: string,
    private readonly hand: string,
    private readonly options: readonly string[],
  ) {
    const { access } = bed;
    const session = access.session.bind(access);
    access.session = async (...args) => this.#counted(await session(...args));
  }

  /** Deploys the sample lab once: Docker and images are there afterwards. */
  static async start(): Promise<DeployBench> {
    const cloud = await startPracticeCloud({ machineImage: 'docker' });
    const bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(80);
    await bed.lab.open(443);
    const known = join(bed.scratch, 'known');
    writeFileSync(known, (await bed.lab.consoleKeys(bed.instanceId)).map((key) => `${bed.address} ${key}\n`).join(''));
    const options = [
      '-F',
      'none',
      '-i',
      bed.lab.keyFile,
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${known}`,
    ];
    const bench = new DeployBench(cloud, bed, bed.copyOf(sampleLab), mkdtempSync(join(tmpdir(), 'skylab-hand-')), options);
    await bench.deploy(PASSWORD);
    // the next connection sees the group docker, as a person's next login does
    bed.access.release(bed.machine);
    return bench;
  }

  /** Milliseconds from opening the page to the end of the deployment. @param password empty to keep the one that serves */
  async deploy(password = ''): Promise<number> {
    const began = performance.now();
    const session = await this.bed.deployer().open(this.folder, this.bed.machine);
    const operation = session.run(answersTo(session, { [KEY]: password }));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return performance.now() - began;
  }

  /** A first deployment: Docker and images are there, the stack is not. Taking it away again is not measured. */
  async deployFresh(): Promise<number> {
    const ms = await this.deploy(PASSWORD);
    const { outcome, error } = await ended(this.bed.stacks().remove(this.bed.machine, 'lab', true));
    assert.equal(outcome, 'done', String(error));
    return ms;
  }

  /** `ssh host docker compose up -d` in the release itself: through the link, Compose would take its mounts for others and make the containers anew. */
  async composeUp(): Promise<number> {
    const began = performance.now();
    await this.#ssh('cd -P skylab/lab/current && docker compose up -d');
    return performance.now() - began;
  }

  /** The files that a person would have edited by now: what Skylab sent the first time. */
  async prepareHand(): Promise<void> {
    await this.#tool('scp', ['-q', '-r', ...this.options, `admin@${this.bed.address}:skylab/lab/current/.`, this.hand]);
    const { outcome } = await ended(this.bed.stacks().remove(this.bed.machine, 'lab', true));
    assert.equal(outcome, 'done');
  }

  /** The same steps with scp and ssh: hash, copy, check, pull, validate, up, unit, the proof there and here. */
  async byHand(): Promise<number> {
    const began = performance.now();
    const at = 'skylab/lab/releases/by-hand';
    const hash = await this.#ssh(`printf '%s\\n' '${PASSWORD}' | docker run --rm -i caddy:latest caddy hash-password`);
    assert.match(hash, /^\$2a\$14\$/);
    await this.#ssh(`mkdir -p skylab/lab/releases skylab/lab/data && chmod 700 skylab/lab`);
    await this.#tool('scp', ['-q', '-r', ...this.options, this.hand, `admin@${this.bed.address}:${at}`]);
    await this.#ssh(
      `cp -r ${at}/notebooks skylab/lab/data/ && sudo chown -R 1000 skylab/lab/data && chmod 600 ${at}/.env && sed -i "s|^LAB_PASSWORD=.*|LAB_PASSWORD='${hash.trim().replaceAll('$', '\\$')}'|" ${at}/.env`,
    );
    const compose = `cd ${at} && docker compose -p lab`;
    await this.#ssh(`${compose} config -q && docker compose -p lab pull -q`);
    await this.#ssh(`${compose} run --rm --no-deps -T caddy caddy validate --adapter caddyfile --config /etc/caddy/Caddyfile`);
    await this.#ssh(`${compose} up -d --wait && docker compose -p lab ps -a`);
    await this.#ssh(`ln -sfn releases/by-hand skylab/lab/current`);
    await this.#ssh(
      `sudo cp ${at}/sample-lab.service /etc/systemd/system/ && sudo systemd-analyze verify --man=no /etc/systemd/system/sample-lab.service && sudo systemctl daemon-reload && sudo systemctl enable --now sample-lab`,
    );
    const curl = (...words: string[]) => ['-s', '-k', '-o', '/dev/null', '-w', '%{http_code}', '-L', ...words, 'https://ada.localhost'];
    const accounts = [[], ['-u', 'student:wrong'], ['-u', `student:${PASSWORD}`]];
    for (const [index, account] of accounts.entries()) {
      const there = curl('--resolve', 'ada.localhost:443:127.0.0.1', ...account).map((word) => `'${word}'`);
      const ask = `until code=$(curl ${there.join(' ')}); [ "$code" -ne 0 ] && [ "$code" -lt 500 ]; do sleep 0.3; done; echo "$code"`;
      assert.equal((await this.#ssh(ask)).trim(), index === 2 ? '200' : '401');
    }
    // a person looks whether what has no health check still runs
    await this.#ssh('docker compose -p lab ps -a && systemctl is-active sample-lab');
    for (const [index, account] of accounts.entries()) {
      const here = await this.#tool('curl', curl('--resolve', `ada.localhost:443:${this.bed.address}`, ...account));
      assert.equal(here, index === 2 ? '200' : '401');
    }
    const ms = performance.now() - began;
    await this.#ssh(
      `${compose} down -v --remove-orphans; sudo systemctl disable --now sample-lab; sudo rm -rf /etc/systemd/system/sample-lab.service ~/skylab/lab`,
    );
    return ms;
  }

  /** How many commands were opened on the machine since it was last asked. */
  count(): number {
    const count = this.#commands;
    this.#commands = 0;
    return count;
  }

  async stop(): Promise<void> {
    this.bed.dispose();
    rmSync(this.hand, { recursive: true, force: true });
    await this.cloud.stop();
  }

  #counted(session: RemoteSession): RemoteSession {
    return new Proxy(session, {
      get: (target, key) => {
        if (key === 'run' || key === 'start') this.#commands++;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #ssh(command: string): Promise<string> {
    return this.#tool('ssh', [...this.options, `admin@${this.bed.address}`, command]);
  }

  async #tool(file: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(file, [...args]);
    assert.equal(code, 0, `${file} ${args.at(-1) ?? ''}: ${stderr}`);
    return stdout;
  }
}
