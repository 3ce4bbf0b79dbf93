/** An element of XML, with what OpenNebula's answers need of it. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A comment or declaration, CDATA, a tag, or text up to the next tag. */
const TOKEN = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)[^<>]*?(\/?)>|([^<]+)/gy;

/**
 * Reads XML as OpenNebula's command line prints it: elements, text and CDATA. Attributes are passed over.
 * @throws Error where it is no such XML
 */
export function parseXml(text: string): Element {
  interface Draft {
    name: string;
    children: Draft[];
    text: string;
  }
  const root: Draft = { name: '', children: [], text: '' };
  const open = [root];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    const [, cdata, closing, name, empty, plain] = match;
    const current = open.at(-1) ?? root;
    if (cdata !== undefined) current.text += cdata;
    else if (plain !== undefined) current.text += plain.replace(/&(#x?[\da-f]+|\w+);/gi, entity);
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (current.name !== name || open.length === 1) throw new Error(`</${name}> closes nothing`);
      open.pop();
    } else {
      const child: Draft = { name, children: [], text: '' };
      current.children.push(child);
      if (empty !== '/') open.push(child);
    }
  }
  const [top] = root.children;
  if (end !== text.length || open.length !== 1 || top === undefined || root.children.length !== 1) throw new Error('this is no whole XML');
  return top;
}

function entity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
  return String.fromCodePoint(/^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1)));
}

/** Children of that name. */
export const all = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

/** The first one on a path of names below. */
export const below = (element: Element | undefined, ...path: readonly string[]): Element | undefined =>
  path.reduce<Element | undefined>((at, name) => at?.children.find((child) => child.name === name), element);

/** The text on a path of names below, trimmed; empty where there is none. */
export const textAt = (element: Element | undefined, ...path: readonly string[]): string => below(element, ...path)?.text.trim() ?? '';
