import { optionName } from './awsCli';
import { readEc2Launch } from './ec2launch';
import { fromRequest } from './fromRequest';
import { shellWords } from './shellWords';
import { parseStructure, type ApiValue } from './shorthand';
import type { FileSpec } from './specFile';

/** A command that was read: what it launches, and what of it was not taken. */
export interface ReadCommand {
  /** Without an image or a type where the command names none. */
  readonly spec: Partial<FileSpec> & { readonly name: string };
  /** Where it would launch, as far as it says so. */
  readonly where: { readonly profile?: string; readonly region?: string; readonly endpoint?: string };
  /** Options and words that Skylab does not take over, as they stand in the command. */
  readonly left: readonly string[];
}

/** Reads a file that the command names. @returns undefined for one that cannot be read */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** Reads a pasted `aws ec2 run-instances …` or `ec2launch … NAME`. @returns undefined for any other text */
export async function readCommand(text: string, readFile: ReadFile): Promise<ReadCommand | undefined> {
  const { words, left } = shellWords(text.replace(/^\s*\$ /, ''));
  const program = words[0]?.replace(/^.*\//, '').replace(/\.(exe|py)$/, '');
  if (program === 'ec2launch') {
    const read = readEc2Launch(words.slice(1));
    return { ...read, where: {}, left: [...read.left, ...left] };
  }
  const at = words.indexOf('run-instances');
  if (program !== 'aws' || at < 0) return undefined;
  const before = words.slice(1, at).filter((word) => word !== 'ec2');
  const options = optionsOf([...before, ...words.slice(at + 1)]);
  const request: Record<string, ApiValue> = {};
  const where: Record<string, string> = {};
  const notTaken = [...left, ...options.strays];
  for (const { name, values } of options.named) {
    const place = WHERE[name];
    if (place !== undefined) where[place] = values[0] ?? '';
    else if (!IGNORED.has(name)) {
      const taken = await takeOption(name, values, request, readFile);
      if (taken !== true) notTaken.push(taken);
    }
  }
  const made = fromRequest(request);
  return { spec: made.spec, where, left: [...notTaken, ...made.left] };
}

const WHERE: Readonly<Record<string, 'profile' | 'region' | 'endpoint'>> = {
  profile: 'profile',
  region: 'region',
  'endpoint-url': 'endpoint',
};
/** They say how the command prints, or how often it may run. */
const IGNORED = new Set([
  'output',
  'query',
  'no-cli-pager',
  'no-paginate',
  'color',
  'client-token',
  'dry-run',
  'no-dry-run',
  'debug',
  'generate-cli-skeleton',
]);
const SWITCHES = new Set([
  'associate-public-ip-address',
  'disable-api-termination',
  'enable-api-termination',
  'disable-api-stop',
  'ebs-optimized',
  'dry-run',
  'debug',
  'no-cli-pager',
  'no-paginate',
]);

interface Options {
  readonly named: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly strays: readonly string[];
}

function optionsOf(words: readonly string[]): Options {
  const named: { name: string; values: string[] }[] = [];
  const strays: string[] = [];
  for (const word of words) {
    const [, name, value] = /^--([a-z][a-z0-9-]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const last = named.at(-1);
    if (name !== undefined) named.push({ name, values: value === undefined ? [] : [value] });
    else if (last === undefined || SWITCHES.has(last.name) || last.name.startsWith('no-')) strays.push(word);
    else last.values.push(word);
  }
  return { named, strays };
}

/** Fields of the request by the option's name; those that hold structures. */
const TEXTS = [
  'ImageId',
  'InstanceType',
  'KeyName',
  'SubnetId',
  'PrivateIpAddress',
  'InstanceInitiatedShutdownBehavior',
  'KernelId',
  'RamdiskId',
  'Ipv6AddressCount',
];
const LISTS = ['SecurityGroupIds', 'SecurityGroups'];
const STRUCTURES = [
  'Placement',
  'IamInstanceProfile',
  'Monitoring',
  'InstanceMarketOptions',
  'HibernationOptions',
  'MetadataOptions',
  'CreditSpecification',
  'CpuOptions',
  'LaunchTemplate',
  'EnclaveOptions',
  'CapacityReservationSpecification',
  'PrivateDnsNameOptions',
  'MaintenanceOptions',
];
const STRUCTURE_LISTS = [
  'BlockDeviceMappings',
  'TagSpecifications',
  'NetworkInterfaces',
  'LicenseSpecifications',
  'ElasticGpuSpecification',
  'Ipv6Addresses',
];

const fieldOf = (fields: readonly string[], name: string) => fields.find((field) => optionName(field) === name);

/** @returns true, or the option as it is to be listed among what was not taken */
async function takeOption(
  name: string,
  given: readonly string[],
  request: Record<string, ApiValue>,
  readFile: ReadFile,
): Promise<true | string> {
  const shown = `--${name}${given.length === 0 ? '' : ` ${given.join(' ')}`}`;
  const values: string[] = [];
  for (const value of given) {
    const [, path] = /^fileb?:\/\/([\s\S]*)$/.exec(value) ?? [];
    const content = path === undefined ? value : await readFile(path);
    if (content === undefined) return `${shown} (the file cannot be read)`;
    values.push(content);
  }
  const [first = ''] = values;
  const text = fieldOf(TEXTS, name);
  const list = fieldOf(LISTS, name);
  const structure = fieldOf(STRUCTURES, name);
  const structures = fieldOf(STRUCTURE_LISTS, name);
  if (text !== undefined && values.length === 1) request[text] = first;
  else if (list !== undefined) request[list] = values;
  else if (structure !== undefined && values.length === 1) {
    const value = parseStructure(first);
    if (value === undefined) return shown;
    request[structure] = value;
  } else if (structures !== undefined) {
    const all = values.map(parseStructure).flatMap((value) => (value === undefined ? [] : [value].flat()));
    if (all.length === 0) return shown;
    request[structures] = all;
  } else
    switch (name) {
      case 'count': {
        const [least = '', most = least] = first.split(':');
        Object.assign(request, { MinCount: least, MaxCount: most });
        return true;
      }
      case 'user-data':
        request['UserData'] = first;
        return true;
      case 'associate-public-ip-address':
      case 'no-associate-public-ip-address':
        request['AssociatePublicIpAddress'] = !name.startsWith('no-');
        return true;
      case 'disable-api-termination':
      case 'enable-api-termination':
        request['DisableApiTermination'] = name.startsWith('disable');
        return true;
      case 'cli-input-json': {
        const value = parseStructure(first);
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return shown;
        // What is given beside it counts more.
        const { UserData, ...fields } = value as Readonly<Record<string, ApiValue>>;
        const plain = typeof UserData === 'string' ? { UserData: Buffer.from(UserData, 'base64').toString('utf8') } : {};
        Object.assign(request, { ...fields, ...plain, ...request });
        return true;
      }
      default:
        return shown;
    }
  return true;
}
