import assert from 'node:assert/strict';
import { newerCommand } from '../../../src/core/deploy/stacks/newer';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed } from './bed';

/** A registry of one image on the machine, which lets only ada in; /new makes a newer one of the same name. */
const REGISTRY = `
import base64, gzip, hashlib, io, json, tarfile
from http.server import BaseHTTPRequestHandler, HTTPServer
blobs = {}
def keep(data):
    digest = 'sha256:' + hashlib.sha256(data).hexdigest(); blobs[digest] = data; return digest
def image(word):
    out = io.BytesIO(); tar = tarfile.open(fileobj=out, mode='w'); info = tarfile.TarInfo('word'); info.size = len(word)
    tar.addfile(info, io.BytesIO(word)); tar.close(); plain = out.getvalue(); layer = gzip.compress(plain)
    config = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Cmd': ['/word']}, 'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + hashlib.sha256(plain).hexdigest()]}}).encode()
    kind = 'application/vnd.docker.'
    return keep(json.dumps({'schemaVersion': 2, 'mediaType': kind + 'distribution.manifest.v2+json',
      'config': {'mediaType': kind + 'container.image.v1+json', 'size': len(config), 'digest': keep(config)},
      'layers': [{'mediaType': kind + 'image.rootfs.diff.tar.gzip', 'size': len(layer), 'digest': keep(layer)}]}).encode())
now = [image(b'old')]
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/new':
            now[0] = image(b'new'); self.send_response(200); self.end_headers(); return
        if self.headers.get('Authorization') != 'Basic ' + base64.b64encode(b'ada:pa"ss:w\\\\rd').decode():
            self.send_response(401); self.send_header('WWW-Authenticate', 'Basic realm="practice"'); self.send_header('Content-Length', '0'); self.end_headers(); return
        last = self.path.split('/')[-1]; digest = now[0] if last == 'latest' else last
        data = b'{}' if self.path == '/v2/' else blobs.get(digest)
        self.send_response(200 if data else 404)
        if '/manifests/' in self.path: self.send_header('Content-Type', 'application/vnd.docker.distribution.manifest.v2+json'); self.send_header('Docker-Content-Digest', digest)
        self.send_header('Content-Length', str(len(data or b''))); self.end_headers()
        if self.command == 'GET' and data: self.wfile.write(data)
    do_HEAD = do_GET
    def log_message(self, *given): pass
HTTPServer(('127.0.0.1', 5001), Handler).serve_forever()
`;
const COMPOSE = `services:
  mine: {image: 'localhost:5001/mine:latest', command: [/word]}
  also: {image: 'localhost:5001/mine:latest', command: [/word]}
  page: {image: 'caddy:latest'}
  made: {image: 'made:1', command: [/word]}
`;

describe('the images of a stack against their registries', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  const remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const news = async () => {
    const { session } = await bed.stacks().engines.of(bed.machine);
    return session.run(newerCommand('lab'));
  };

  before(async function () {
    this.timeout(240_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await remote(`cat > registry.py <<'END'\n${REGISTRY}END\nmkdir lab; cat > lab/compose.yml <<'END'\n${COMPOSE}END`);
    await remote(
      "nohup python3 registry.py >registry.log 2>&1 </dev/null & sleep 1; printf %s 'pa\"ss:w\\rd' | sudo docker login -u ada --password-stdin localhost:5001",
    );
    await remote('sudo cat /root/.docker/config.json > config.json; mkdir -p .docker; mv config.json .docker/config.json');
    await remote(
      'sudo docker pull -q localhost:5001/mine:latest && sudo docker tag localhost:5001/mine:latest keep:1 && printf "FROM caddy:latest\\nLABEL a=b\\n" | sudo docker build -q -t made:1 -',
    );
    await remote('cd lab && sudo docker compose -p lab create -q 2>&1 || sudo docker compose -p lab create');
  });
  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  it('are the same at first; what was built there is known to no registry', async () => {
    const found = await news();
    assert.deepEqual(
      found.map(({ image, services, state }) => [image, [...services].sort(), state]).sort(),
      [
        ['caddy:latest', ['page'], 'same'],
        ['localhost:5001/mine:latest', ['also', 'mine'], 'same'],
        ['made:1', ['made'], 'local'],
      ],
      JSON.stringify(found),
    );
  });

  it('are told as newer with both digests, asked with the account that the machine has', async () => {
    await remote('curl -s http://localhost:5001/new');
    const mine = (await news()).find(({ image }) => image.startsWith('localhost'));
    assert.equal(mine?.state, 'newer', JSON.stringify(mine));
    assert.match(`${mine.here ?? ''} ${mine.there ?? ''}`, /^sha256:[0-9a-f]{64} sha256:[0-9a-f]{64}$/);
    assert.notEqual(mine.here, mine.there);
  });

  it('say why a registry could not be asked', async () => {
    await remote('rm .docker/config.json');
    const mine = (await news()).find(({ image }) => image.startsWith('localhost'));
    assert.equal(mine?.state, 'unknown');
    assert.match(mine.why ?? '', /unauthorized|no basic auth|401/i);
  });
});
