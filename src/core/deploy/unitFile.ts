import type { Edit } from './edits';
import type { LabFile } from './ports';

/** Where a unit's commands run and as whom. */
export interface UnitPlace {
  readonly stack: string;
  readonly user: string;
  readonly group: string;
  /** Absolute path of the `current` link. */
  readonly workingDirectory: string;
}

/** The key by which Skylab knows its units again; systemd ignores keys that begin with `X-`. */
const STACK_KEY = 'X-Skylab-Stack';

/**
 * The unit for a folder that brings none. It waits for no health check: Compose's own waiting takes a container that has done its work for
 * a failure (docker/compose#10596), and the unit with it.
 */
export function generateUnit(place: UnitPlace): string {
  return `[Unit]
Description=${place.stack} (Docker Compose stack)
${STACK_KEY}=${place.stack}
Requires=docker.service
After=docker.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
User=${place.user}
Group=${place.group}
SupplementaryGroups=docker
WorkingDirectory=${escapeSpecifiers(place.workingDirectory)}
ExecStart=/usr/bin/docker compose up --detach
ExecStop=/usr/bin/docker compose down
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
`;
}

/** systemd expands `%`: a path with a percent sign doubles it. */
function escapeSpecifiers(path: string): string {
  return path.replaceAll('%', '%%');
}

/** The last value of a key in a unit, such as `WorkingDirectory`. */
export function unitValue(text: string, key: string): string | undefined {
  return [...text.matchAll(new RegExp(`^\\s*${key}\\s*=[ \\t]*(.*?)[ \\t]*\\r?$`, 'gm'))].at(-1)?.[1];
}

/** The edits that make the folder's unit right for this machine: user, group, folder, and `docker compose` for `docker-compose`. */
export function adaptUnit(unit: LabFile, place: UnitPlace): Edit[] {
  const edits: Edit[] = [];
  const oldDirectory = unitValue(unit.text, 'WorkingDirectory')?.replace(/^-/, '').replace(/\/$/, '');
  const directory = escapeSpecifiers(place.workingDirectory);
  let offset = 0;
  for (const line of unit.text.split('\n')) {
    const [, lead = '', key = '', gap = '', value = ''] = /^(\s*)([A-Za-z]+)(\s*=[ \t]*)(.*?)\s*$/.exec(line) ?? [];
    const start = offset + lead.length + key.length + gap.length;
    const replace = (text: string) => {
      if (text !== value) edits.push({ path: unit.path, start, end: start + value.length, text });
    };
    if (key === 'User') replace(place.user);
    else if (key === 'Group') replace(place.group);
    else if (key === 'WorkingDirectory') replace(directory);
    else if (key.startsWith('Exec') || key.startsWith('Environment')) {
      const moved = oldDirectory?.startsWith('/') ? value.replaceAll(oldDirectory, () => directory) : value;
      replace(moved.replace(/^([-@:+!]*)\S*\/docker-compose(?=\s)/, '$1/usr/bin/docker compose'));
    }
    offset += line.length + 1;
  }
  if (!/^\s*WorkingDirectory\s*=/m.test(unit.text)) edits.push(...insertAfterSection(unit, 'Service', `WorkingDirectory=${directory}`));
  if (!unit.text.includes(`${STACK_KEY}=`)) edits.push(...insertAfterSection(unit, 'Unit', `${STACK_KEY}=${place.stack}`));
  return edits;
}

function insertAfterSection(unit: LabFile, section: string, line: string): Edit[] {
  const header = new RegExp(`^[ \\t]*\\[${section}\\][ \\t]*(\\r?\\n|$)`, 'm').exec(unit.text);
  if (!header) return [];
  const at = header.index + header[0].length;
  const eol = header[1] === '\r\n' ? '\r\n' : '\n';
  return [{ path: unit.path, start: at, end: at, text: `${header[1] === '' ? eol : ''}${line}${eol}` }];
}
