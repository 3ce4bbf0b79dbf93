import type { Owned } from '../model/stackRow';

/** What a row of the branch stands for. Names hold no `|`: Compose and Docker allow letters, digits, `.`, `-` and `_`. */
export type Place =
  | { readonly kind: 'stack' | 'other' | 'releases'; readonly name: string }
  | { readonly kind: 'service'; readonly owned: Owned; readonly name: string; readonly service: string }
  | { readonly kind: 'replica'; readonly owned: Owned; readonly name: string; readonly service: string; readonly id: string }
  | { readonly kind: 'release'; readonly name: string; readonly id: string }
  | { readonly kind: 'error' };

/** The path of a row below a machine. */
export function pathOf(place: Place): string {
  switch (place.kind) {
    case 'stack':
    case 'other':
    case 'releases':
      return [place.kind, place.name].join('|');
    case 'service':
      return [place.kind, place.owned, place.name, place.service].join('|');
    case 'replica':
      return [place.kind, place.owned, place.name, place.service, place.id].join('|');
    case 'release':
      return [place.kind, place.name, place.id].join('|');
    case 'error':
      return place.kind;
  }
}

/** What a path stands for; undefined for the root and for what is none. */
export function placeOf(path: string): Place | undefined {
  const [kind, a = '', b = '', c = '', d = ''] = path.split('|');
  switch (kind) {
    case 'stack':
    case 'other':
    case 'releases':
      return { kind, name: a };
    case 'service':
      return { kind, owned: a === 'own' ? 'own' : 'other', name: b, service: c };
    case 'replica':
      return { kind, owned: a === 'own' ? 'own' : 'other', name: b, service: c, id: d };
    case 'release':
      return { kind, name: a, id: b };
    case 'error':
      return { kind };
    default:
      return undefined;
  }
}

/** What a row of an application stands for. A release's id is its time. */
export type AppPlace =
  | { readonly kind: 'app' | 'appReleases'; readonly name: string }
  | { readonly kind: 'appUnit'; readonly name: string; readonly unit: string }
  | { readonly kind: 'appRelease'; readonly name: string; readonly id: string };

/** The path of an application's row below a machine. */
export function pathOfApp(place: AppPlace): string {
  const more = place.kind === 'appUnit' ? [place.unit] : place.kind === 'appRelease' ? [place.id] : [];
  return [place.kind, place.name, ...more].join('|');
}

/** What a path stands for; undefined for what is no row of an application. */
export function appPlaceOf(path: string): AppPlace | undefined {
  const [kind, name = '', last = ''] = path.split('|');
  switch (kind) {
    case 'app':
    case 'appReleases':
      return { kind, name };
    case 'appUnit':
      return { kind, name, unit: last };
    case 'appRelease':
      return { kind, name, id: last };
    default:
      return undefined;
  }
}
