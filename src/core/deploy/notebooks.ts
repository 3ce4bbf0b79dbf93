import { posix } from 'node:path';
import type { Notebook } from '../../shared/deployModel';
import type { Lab } from './lab';

/** Home folder of the user in Jupyter's own images (jupyter/docker-stacks). */
const HOME = '/home/jovyan/';
/** More would crowd the page; the site lists the rest. */
const MOST = 3;

/**
 * Where JupyterLab shows the folder's notebooks once it is deployed: `<site>/lab/tree/<path>`, as JupyterLab's documentation of its URLs
 * has it. Only notebooks that a service of Jupyter's mounts into its home folder.
 */
export function notebooksOf(lab: Lab, url: string): readonly Notebook[] {
  if (url === '') return [];
  const mounts = lab.compose.services.filter(({ image }) => /jupyter|notebook/i.test(image?.value ?? '')).flatMap(({ mounts: all }) => all);
  const found = mounts.flatMap(({ source, target }) => {
    // An absolute folder is filled from the whole lab folder; a name without a slash is a volume.
    const from = source.startsWith('/') ? '.' : source.startsWith('.') ? posix.normalize(source) : undefined;
    if (from === undefined || !target.startsWith(HOME)) return [];
    return lab.folder.notebooks.flatMap((path) => {
      const inside = posix.relative(from, path);
      return inside.startsWith('..') ? [] : [{ name: posix.basename(path), path: posix.join(target.slice(HOME.length), inside) }];
    });
  });
  return found
    .slice(0, MOST)
    .map(({ name, path }) => ({ name, url: `${url}/lab/tree/${path.split('/').map(encodeURIComponent).join('/')}` }));
}
