import assert from 'node:assert/strict';
import { applyEdits } from '../../../../src/core/deploy/edits';
import { adaptUnit, generateUnit, unitValue } from '../../../../src/core/deploy/unitFile';

const place = { stack: 'lab', user: 'admin', group: 'admin', workingDirectory: '/home/admin/skylab/lab/current' };
const adapt = (text: string) => {
  const unit = { path: 'lab.service', text };
  return applyEdits(unit.path, text, adaptUnit(unit, place));
};

describe('a unit', () => {
  it('is adapted to the machine, its other lines untouched', () => {
    const before =
      '# by me\n[Unit]\nDescription=Lab\n\n[Service]\nType=oneshot\nUser=cicf\nGroup = cicf\nWorkingDirectory=/home/cicf/data\nExecStart=/usr/bin/docker compose -f /home/cicf/data/compose.yml up -d\nExecStop=/usr/bin/docker compose down\n';
    const after =
      '# by me\n[Unit]\nX-Skylab-Stack=lab\nDescription=Lab\n\n[Service]\nType=oneshot\nUser=admin\nGroup = admin\nWorkingDirectory=/home/admin/skylab/lab/current\nExecStart=/usr/bin/docker compose -f /home/admin/skylab/lab/current/compose.yml up -d\nExecStop=/usr/bin/docker compose down\n';
    assert.equal(adapt(before), after);
    assert.equal(adapt(after), after, 'a second time changes nothing');
  });

  it('keeps CRLF and gets a folder where it names none', () => {
    assert.equal(
      adapt('[Unit]\r\nDescription=x\r\n[Service]\r\nUser=a\r\nExecStart=-/usr/local/bin/docker-compose up -d\r\n'),
      '[Unit]\r\nX-Skylab-Stack=lab\r\nDescription=x\r\n[Service]\r\nWorkingDirectory=/home/admin/skylab/lab/current\r\nUser=admin\r\nExecStart=-/usr/bin/docker compose up -d\r\n',
    );
  });

  it('is generated for a folder without one', () => {
    const text = generateUnit({ ...place, workingDirectory: '/home/50%/current' });
    assert.equal(unitValue(text, 'WorkingDirectory'), '/home/50%%/current');
    assert.equal(unitValue(text, 'X-Skylab-Stack'), 'lab');
    assert.equal(unitValue(text, 'User'), 'admin');
  });
});
