import { posix } from 'node:path';
import type { Tree } from '../compose/tree';
import { child, dict, isTrue, leaf } from '../compose/tree';
import type { Lab } from '../lab';
import type { Draft } from './draft';
import { listed } from './draft';

const isExternal = (tree: Tree): boolean => child(tree, 'external')?.kind === 'dict' || isTrue(leaf(tree, 'external'));
/** Parts of `deploy` that only a Swarm takes notice of. */
const SWARM = ['placement', 'update_config', 'rollback_config', 'endpoint_mode'];

/** What the stack needs that the folder does not bring: builds, files and resources from elsewhere. */
export function outsideFindings(lab: Lab): Draft[] {
  return [...buildFindings(lab), ...fileFindings(lab), ...externalFindings(lab), ...swarmFindings(lab)];
}

function buildFindings(lab: Lab): Draft[] {
  return lab.compose.services.flatMap(({ name, build }): Draft[] => {
    if (!build || /^[a-z+]+:\/\/|^git@|^github\.com\/|\$/.test(build.context)) return [];
    const context = posix.normalize(build.context).replace(/\/$/, '');
    const [top = ''] = context.split('/');
    const outside = context.startsWith('..') || context.startsWith('/') || context.startsWith('~');
    if (!outside && (top === '.' || lab.folder.entries.includes(top))) return [];
    const why = outside ? 'lies outside the folder and is not uploaded' : 'the folder does not have';
    return [
      {
        id: `build:${name}`,
        severity: 'error',
        message: `${name} is built from ${build.context}, which ${why}.`,
        at: build.at,
      },
    ];
  });
}

/** Files that a service mounts and the folder lacks: Docker would make an empty folder of that name. */
function fileFindings(lab: Lab): Draft[] {
  return lab.compose.services.flatMap((service) => {
    const lost = service.volumes.filter(({ type, source, target }) => {
      if (type !== 'bind' || source === undefined || /^[/~$]|\$/.test(source)) return false;
      const [top = ''] = posix.normalize(source).split('/');
      if (top === '..') return true;
      return top !== '.' && !lab.folder.entries.includes(top) && /\.\w+$/.test(source) && /\.\w+$/.test(target);
    });
    if (lost.length === 0) return [];
    const names = listed([...new Set(lost.map(({ source }) => source ?? ''))]);
    const message = `${service.name} uses ${names}, which the folder does not have: Docker would put an empty folder there.`;
    return [{ id: `lost:${service.name}`, severity: 'warning' as const, message, ...(lost[0] ? { at: lost[0].at } : {}) }];
  });
}

function externalFindings(lab: Lab): Draft[] {
  const used = new Set(
    lab.compose.services.flatMap((service) => [
      ...service.networks.map(({ value }) => `networks ${value}`),
      ...service.volumes.map(({ source }) => `volumes ${source ?? ''}`),
      ...service.secrets.map(({ value }) => `secrets ${value}`),
      ...service.configs.map(({ value }) => `configs ${value}`),
    ]),
  );
  const words = { networks: 'network', volumes: 'volume', secrets: 'secret', configs: 'config' };
  return (['networks', 'volumes', 'secrets', 'configs'] as const).flatMap((section) =>
    [...dict(lab.compose.root, section)].flatMap(([name, said]): Draft[] => {
      if (!isExternal(said) || !(used.has(`${section} ${name}`) || name === 'default')) return [];
      const real = leaf(said, 'name')?.text ?? leaf(said, 'external', 'name')?.text ?? name;
      const swarm = section === 'secrets' || section === 'configs';
      const message = swarm
        ? `The ${words[section]} ${real} is external, which only a Swarm has: give it a file or a variable.`
        : `The ${words[section]} ${real} has to be there before: docker ${words[section]} create ${real} on the machine.`;
      return [{ id: `external:${section}:${name}`, severity: 'warning', message, at: said.at }];
    }),
  );
}

function swarmFindings(lab: Lab): Draft[] {
  const ignored = lab.compose.services.flatMap((service) =>
    SWARM.flatMap((key) => {
      const found = child(service.tree, 'deploy', key);
      return found ? [{ key, at: found.at }] : [];
    }),
  );
  const global = lab.compose.services.find((service) => leaf(service.tree, 'deploy', 'mode')?.text === 'global');
  const keys = [...new Set([...ignored.map(({ key }) => key), ...(global ? ['mode: global'] : [])])];
  if (keys.length === 0) return [];
  const message = `Only a Swarm takes notice of ${listed(keys)}: on one machine they do nothing.`;
  return [{ id: 'swarm', severity: 'info', message, ...(ignored[0] ? { at: ignored[0].at } : {}) }];
}
