import type { Image } from './model';

/** A family of images that Skylab knows: how to tell it by name, and whom its machines let in. */
interface Family {
  /** First group: the release; second, where there is one: the build. */
  readonly name: RegExp;
  readonly label: (release: string) => string;
  readonly loginUser: string;
  /** The AWS account that publishes the family's real images. Undefined: never featured. */
  readonly owner?: string;
  /** How many of the newest releases are featured. */
  readonly featured: number;
  /** Name patterns for the server-side filter. */
  readonly patterns: readonly string[];
}

/** In the order in which they are offered. Owners: each distribution's own page about its EC2 images. */
const FAMILIES: readonly Family[] = [
  {
    name: /^debian-(\d+)-(?:amd64|arm64)-(\d{8}-\d+)$/,
    label: (release) => `Debian ${release}`,
    loginUser: 'admin',
    owner: '136693071363',
    featured: 2,
    patterns: ['debian-1?-amd64-2*', 'debian-1?-arm64-2*'],
  },
  {
    name: /^ubuntu\/images\/hvm-ssd(?:-gp\d)?\/ubuntu-[a-z]+-(\d[02468]\.04)-(?:amd64|arm64)-server-(\d+(?:\.\d+)?)$/,
    label: (release) => `Ubuntu ${release} LTS`,
    loginUser: 'ubuntu',
    owner: '099720109477',
    featured: 2,
    patterns: ['22', '24', '26', '28'].flatMap((year) =>
      ['amd64', 'arm64'].map((arch) => `ubuntu/images/hvm-ssd*/ubuntu-*-${year}.04-${arch}-server-*`),
    ),
  },
  {
    name: /^al(2023)-ami-(2023\.[\d.]+)-kernel-[\d.]+-(?:x86_64|arm64)$/,
    label: (release) => `Amazon Linux ${release}`,
    loginUser: 'ec2-user',
    owner: '137112412989',
    featured: 1,
    patterns: ['al2023-ami-2023.*-x86_64', 'al2023-ami-2023.*-arm64'],
  },
];

/** What to ask the cloud for: the featured families by owner and name, which keeps the answer small. */
export const FEATURED_QUERIES: readonly { readonly owner: string; readonly patterns: readonly string[] }[] = FAMILIES.flatMap(
  ({ owner, patterns }) => (owner === undefined ? [] : [{ owner, patterns }]),
);

/** Words in image names, locations and descriptions, and the login user that goes with them; the first match decides. */
const LOGIN_USERS: readonly (readonly [RegExp, string])[] = [
  [/ubuntu/i, 'ubuntu'],
  [/debian/i, 'admin'],
  [/fedora/i, 'fedora'],
  [/rocky/i, 'rocky'],
  [/almalinux/i, 'ec2-user'],
  [/centos[ _-]*stream/i, 'ec2-user'],
  [/centos/i, 'centos'],
  [/(^|[^a-z])(rhel|red ?hat)/i, 'ec2-user'],
  [/(^|[^a-z])(al20|amzn|amazon)/i, 'ec2-user'],
  [/suse|sles/i, 'ec2-user'],
  [/arch-?linux/i, 'arch'],
  [/bitnami/i, 'bitnami'],
  [/freebsd/i, 'ec2-user'],
  [/flatcar|coreos/i, 'core'],
  [/genericcloud|cloud-?user/i, 'cloud-user'],
];

/** The user whom an image lets in by key, from its name and description. Images that say nothing get `ec2-user`, AWS's own default. */
export function loginUserOf(image: { readonly name: string; readonly description?: string }): string {
  for (const text of [image.name, image.description ?? '']) {
    const found = LOGIN_USERS.find(([word]) => word.test(text));
    if (found !== undefined) return found[1];
  }
  return 'ec2-user';
}

/** An image as the cloud describes it. */
export interface RawImage {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly ownerId?: string;
  readonly architecture: string;
  readonly createdAt: string;
  readonly rootDeviceName: string;
  readonly minDiskGiB: number;
}

interface Sorted {
  readonly image: Image;
  readonly family: number;
  readonly release: string;
}

function sortOf(raw: RawImage): Sorted {
  const family = FAMILIES.findIndex((f) => f.owner === raw.ownerId && f.name.test(raw.name));
  const known = FAMILIES[family];
  const release = known?.name.exec(raw.name)?.[1] ?? '';
  const { id, name, architecture, createdAt, rootDeviceName, minDiskGiB } = raw;
  return {
    family: family === -1 ? FAMILIES.length : family,
    release,
    image: {
      id,
      name,
      architecture,
      createdAt,
      rootDeviceName,
      minDiskGiB,
      label: known === undefined ? name : known.label(release),
      loginUser: known?.loginUser ?? loginUserOf(raw),
      featured: false,
    },
  };
}

/** One image on its own, not featured. */
export function imageOf(raw: RawImage): Image {
  return sortOf(raw).image;
}

const byNumber = new Intl.Collator('en', { numeric: true });
const newestFirst = (a: Sorted, b: Sorted) => byNumber.compare(b.image.createdAt, a.image.createdAt);

/**
 * The featured images first: of each family the newest releases, of each release and architecture the newest build,
 * in the order Debian, Ubuntu, Amazon Linux, x86_64 before arm64. Other builds of the families are left out;
 * images of no known family follow, newest first.
 */
export function arrangeImages(raws: readonly RawImage[]): readonly Image[] {
  const unique = [...new Map(raws.map((raw) => [raw.id, sortOf(raw)])).values()];
  const featured: Sorted[] = [];
  FAMILIES.forEach((family, index) => {
    const members = unique.filter((s) => s.family === index).sort(newestFirst);
    const releases = [...new Set(members.map((s) => s.release))].sort((a, b) => byNumber.compare(b, a)).slice(0, family.featured);
    for (const release of releases)
      for (const architecture of ['x86_64', 'arm64']) {
        const newest = members.find((s) => s.release === release && s.image.architecture === architecture);
        if (newest !== undefined) featured.push(newest);
      }
  });
  // newest release of every family, then the older ones; within each, x86_64 and arm64 side by side
  const rank = new Map<Sorted, number>();
  for (const s of featured) {
    const newer = new Set(
      featured.filter((o) => o.family === s.family && byNumber.compare(o.release, s.release) > 0).map((o) => o.release),
    );
    rank.set(s, newer.size);
  }
  featured.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  const others = unique.filter((s) => s.family === FAMILIES.length).sort(newestFirst);
  return [...featured.map((s) => ({ ...s.image, featured: true })), ...others.map((s) => s.image)];
}
