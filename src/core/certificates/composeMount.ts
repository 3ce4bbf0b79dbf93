import { isMap, isSeq, parseDocument } from 'yaml';
import { SkylabError } from '../errors';
import type { Edit } from '../deploy/edits';

/**
 * Gives a service of a Compose file one more mount; all else in the file stays, byte for byte.
 * @param mount `/on/the/machine:/in/the/container:ro`
 * @returns undefined where this file does not say what the service mounts
 * @throws SkylabError `MountByHand` where the list is written in a way that cannot be added to
 */
export function addMount(path: string, text: string, service: string, mount: string): readonly Edit[] | undefined {
  const list = parseDocument(text).getIn(['services', service, 'volumes'], true);
  if (list === undefined || list === null) return undefined;
  const [first] = isSeq(list) ? list.items : [];
  const range = (first as { range?: readonly number[] | null } | undefined)?.range;
  const start = range?.[0];
  if (!isSeq(list) || start === undefined) throw byHand(path, service, mount);
  if (list.flow === true) return [{ path, start, end: start, text: `'${mount}', ` }];
  const begin = text.lastIndexOf('\n', start - 1) + 1;
  // an item that is a map may have an anchor or a tag before it: the dash is what counts
  const dash = /^([ ]*)- /.exec(text.slice(begin, start + 1));
  if (dash === null || (isMap(first) && !/^[ ]*- +$/.test(text.slice(begin, start)))) throw byHand(path, service, mount);
  const eol = text.slice(begin).match(/\r?\n/)?.[0] ?? '\n';
  return [{ path, start: begin, end: begin, text: `${dash[1] ?? ''}- ${mount}${eol}` }];
}

function byHand(path: string, service: string, mount: string): SkylabError {
  return new SkylabError(`The mounts of ${service} in ${path} are written in a way that Skylab does not change.`, {
    next: `Add “- ${mount}” to its volumes, deploy, and try again.`,
    code: 'MountByHand',
  });
}
