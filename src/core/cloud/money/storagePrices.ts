import type { StoragePrice } from './ports';

/** When the figures were known to hold. */
const AS_OF = '2024-06-01';

type Volumes = readonly [gp3: number, gp2: number, st1: number, sc1: number, io2?: number];
const TYPES = ['gp3', 'gp2', 'st1', 'sc1', 'io2'] as const;

const US: Volumes = [0.08, 0.1, 0.045, 0.015, 0.125];
const PACIFIC: Volumes = [0.096, 0.12, 0.054, 0.018, 0.138];

/** AWS's list prices of EBS volumes in US dollars per GiB and month (https://aws.amazon.com/ebs/pricing/), in the order of TYPES. */
const VOLUMES: Readonly<Record<string, Volumes>> = {
  'us-east-1': US,
  'us-east-2': US,
  'us-west-1': PACIFIC,
  'us-west-2': US,
  'ca-central-1': [0.088, 0.11, 0.05, 0.0168],
  'sa-east-1': [0.152, 0.19, 0.086, 0.0288],
  'eu-west-1': [0.088, 0.11, 0.05, 0.0168],
  'eu-west-2': [0.0928, 0.116, 0.053, 0.0174, 0.145],
  'eu-west-3': [0.0928, 0.116, 0.053, 0.0174],
  'eu-central-1': [0.0952, 0.119, 0.054, 0.018, 0.149],
  'eu-north-1': [0.0836, 0.1045, 0.0475, 0.01596, 0.1311],
  'eu-south-1': [0.0924, 0.1155, 0.0525, 0.01764],
  'ap-south-1': [0.0912, 0.114, 0.051, 0.0174, 0.131],
  'ap-northeast-1': [0.096, 0.12, 0.054, 0.018, 0.142],
  'ap-northeast-2': [0.0912, 0.114, 0.051, 0.0174, 0.1278],
  'ap-northeast-3': [0.096, 0.12, 0.054, 0.018],
  'ap-southeast-1': PACIFIC,
  'ap-southeast-2': PACIFIC,
};

/** Magnetic volumes of the previous generation, and snapshots. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  standard: { 'us-east-1': 0.05, 'us-west-2': 0.05, 'eu-west-1': 0.055 },
  snapshot: {
    'us-east-1': 0.05,
    'us-east-2': 0.05,
    'us-west-1': 0.055,
    'us-west-2': 0.05,
    'eu-west-1': 0.05,
    'eu-west-2': 0.053,
    'eu-central-1': 0.054,
    'ap-south-1': 0.05,
    'ap-northeast-1': 0.05,
    'ap-southeast-1': 0.05,
    'ap-southeast-2': 0.055,
  },
};

/** What ships with Skylab; undefined where it is not known. io2's provisioned IOPS cost extra and are not in it. */
export function storagePrice(region: string, type: string): StoragePrice | undefined {
  const column = TYPES.findIndex((name) => name === type);
  const perGiBMonth = column === -1 ? OTHERS[type]?.[region] : VOLUMES[region]?.[column];
  return perGiBMonth === undefined ? undefined : { perGiBMonth, asOf: AS_OF, source: 'table' };
}
