import assert from 'node:assert/strict';
import { planDeploy } from '../../../../src/core/deploy/plan';
import { answersFor, caseOf, folderOf } from './support';

const folder = folderOf({
  'compose.yml':
    'services:\n  web:\n    image: "${IMAGE}"\n    ports: ["${WEB_PORT}:80"]\n    volumes: ["${VOLUME}:/data"]\n    command: redis-server --requirepass geheimnis\n    environment: {API_TOKEN: hunter2hunter2}\n  db:\n    image: postgres:16\n    command: [x, hunter2hunter2]\nvolumes: {kept: {}}\n',
  '.env': "IMAGE='nginx:1'\nWEB_PORT='8080'\nVOLUME='kept'\n",
});

describe('a value that is typed into the deploy page', () => {
  it('is refused beside its field where Compose would refuse the stack with it, with file and line', () => {
    const now = caseOf(folder);
    assert.deepEqual(planDeploy(now, answersFor(now)).problems, {});
    const { problems } = planDeploy(now, answersFor(now, { VOLUME: 'lost' }));
    assert.deepEqual(Object.keys(problems), ['VOLUME']);
    assert.match(problems['VOLUME'] ?? '', /compose\.yml .*line 5: web uses the volume lost, which the file does not define/);
  });

  it('is no problem where the stack was broken before it was typed', () => {
    const broken = caseOf(folderOf({ ...Object.fromEntries(folder.texts), '.env': "IMAGE='nginx:1'\nWEB_PORT='8080'\nVOLUME='lost'\n" }));
    assert.deepEqual(planDeploy(broken, answersFor(broken, { IMAGE: 'nginx:2' })).problems, {});
  });

  it('shows no secret of a command line in what it would change', () => {
    const now = caseOf(folder);
    const shown = JSON.stringify([planDeploy(now, answersFor(now)), now.drafts.map(({ message }) => message)]);
    assert.ok(!shown.includes('geheimnis') && !shown.includes('hunter2'), shown);
  });
});
