import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { DescribeImagesCommand, DescribeInstancesCommand, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { freePort, startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { Lab, knock, until } from './lab';

const COMPOSE = `services:
  jupyter:
    restart: unless-stopped
    image: jupyter/base-notebook:latest
    expose: ["8888"]
    volumes: ["/srv/lab:/home/jovyan/work"]
    command: "start.sh jupyter lab --ServerApp.ip=0.0.0.0 --ServerApp.allow_root=False --ServerApp.token='' --ServerApp.password=''"
  other:
    image: quay.io/jupyter/base-notebook:latest
    command: start-notebook.py --IdentityProvider.token=''
  caddy:
    restart: unless-stopped
    image: caddy:latest
    ports: ["80:80", "443:443"]
    environment: ["DOMAIN=\${DOMAIN}", "CADDY_PASSWORD=\${CADDY_PASSWORD}"]
    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]
    depends_on: [jupyter]
`;
const CADDYFILE = '{$DOMAIN} {\n  basicauth {\n    ada {$CADDY_PASSWORD}\n  }\n  reverse_proxy jupyter:8888\n}\n';

describe('a stack on a fresh practice machine', function () {
  this.timeout(180_000);
  let cloud: PracticeCloud;
  let lab: Lab;
  let address: string;
  let web: { http: number; https: number };
  let ssh: (command: string) => Promise<string>;

  const get = (path: string, auth?: string): Promise<{ status: number; body: string }> =>
    fetchWeb({
      host: '127.0.0.1',
      port: web.https,
      servername: 'ada.localhost',
      path,
      headers: { host: 'ada.localhost' },
      ...(auth ? { auth } : {}),
    });

  before(async function () {
    this.timeout(600_000);
    web = { http: await freePort(), https: await freePort() };
    cloud = await startPracticeCloud({ webPorts: web });
    lab = new Lab(cloud);
    const ubuntu = {
      Owners: ['099720109477'],
      Filters: [{ Name: 'name', Values: ['ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-*'] }],
    };
    const { Images } = await lab.client.send(new DescribeImagesCommand(ubuntu));
    await lab.prepare(Images?.[0]?.ImageId ?? '');
    const id = await lab.launch({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'Ada' }] }] });
    address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
    const keys = await until(30, 'host keys on the console', async () => {
      const found = await lab.consoleKeys(id);
      return found.length > 0 ? found : undefined;
    });
    ssh = async (command) => {
      const result = await lab.ssh(address, keys, command, 'ubuntu');
      assert.equal(result.code, 0, `${command}: ${result.stdout}${result.stderr}`);
      return result.stdout;
    };
    await until(30, 'ssh', async () => (await lab.ssh(address, keys, 'true', 'ubuntu')).code === 0 || undefined);
  });

  after(async () => {
    lab.dispose();
    await cloud.stop();
  });

  it('installs Docker and Compose from the distribution', async () => {
    const install = 'sudo DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends docker.io docker-cli docker-compose';
    await ssh(`cloud-init status --wait >/dev/null; sudo apt-get update -q && ${install}`);
    assert.match(await ssh('docker compose version'), /version v?2\./);
  });

  it('pulls its images by the names of Docker Hub and quay.io', async () => {
    await ssh(
      `sudo install -d -o 1000 -g 100 /srv/lab && mkdir lab && cat > lab/compose.yaml <<'END'\n${COMPOSE}END\ncat > lab/Caddyfile <<'END'\n${CADDYFILE}END`,
    );
    await ssh('cd lab && sudo DOMAIN=x CADDY_PASSWORD=x docker compose pull -q');
    const hash = (await ssh("sudo docker run --rm caddy:latest caddy hash-password --plaintext 's3cret'")).trim();
    assert.match(hash, /^\$2a\$14\$/);
    await ssh(`cd lab && printf "DOMAIN=ada.localhost\\nCADDY_PASSWORD='%s'\\n" '${hash}' > .env && sudo docker compose up -d --wait`);
  });

  it('cannot be reached before its ports are opened', async () => {
    assert.equal(await knock(address, 443), 'timeout');
  });

  it('asks for the password, and serves the real JupyterLab to who has it, at https://ada.localhost', async () => {
    await lab.open(80);
    await lab.open(443);
    const get = (path: string, auth?: string): Promise<{ status: number; body: string }> =>
      fetchWeb({
        host: '127.0.0.1',
        port: web.https,
        servername: 'ada.localhost',
        path,
        headers: { host: 'ada.localhost' },
        ...(auth ? { auth } : {}),
      });
    assert.equal((await until(20, 'an answer', async () => get('/lab'))).status, 401);
    assert.equal((await get('/lab', 'ada:wrong')).status, 401);
    const page = await get('/lab', 'ada:s3cret');
    assert.equal(page.status, 200);
    assert.match(page.body, /<title>JupyterLab<\/title>/);
  });

  it('is there again after the machine was rebooted, which can still pull', async () => {
    const { InstanceId } = (await lab.client.send(new DescribeInstancesCommand({}))).Reservations![0]!.Instances![0]!;
    await lab.client.send(new RebootInstancesCommand({ InstanceIds: [InstanceId!] }));
    await until(20, 'the machine to go down', async () => ((await knock(address, 22)) === 'open' ? undefined : true));
    await until(60, 'the site', async () => ((await get('/lab', 'ada:s3cret')).status === 200 ? true : undefined));
    assert.match(await ssh('sudo docker pull quay.io/jupyter/minimal-notebook:latest'), /Downloaded newer image|up to date/);
  });

  it('is led to from plain HTTP, and a name that no machine has says so', async () => {
    assert.equal((await plain(web.http, 'ada.localhost')).status, 308);
    const nobody = await plain(web.http, 'bob.localhost');
    assert.deepEqual([nobody.status, nobody.body], [404, "No running practice machine is named 'bob'.\n"]);
  });
});

function fetchWeb(options: RequestOptions): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // Caddy signs this name with an authority of its own, which nobody here knows.
    const asked = httpsRequest({ ...options, rejectUnauthorized: false }, (answer) => void collect(answer).then(resolve, reject));
    asked.once('error', reject).end();
  });
}

function plain(port: number, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, headers: { host } }, (answer) => void collect(answer).then(resolve, reject));
    asked.once('error', reject).end();
  });
}

async function collect(answer: AsyncIterable<Buffer> & { statusCode?: number | undefined }): Promise<{ status: number; body: string }> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part);
  return { status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() };
}
