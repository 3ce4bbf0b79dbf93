import type { RuleSpec } from '../../../shared/launchMore';
import type { LaunchSpec } from '../../../shared/launchSpec';
import { graphTermRules } from '../launching/graphTerm';
import { ingressRules } from '../launching/rules';
import type { Account, IngressRule } from '../model';
import { quote } from '../../remote/command';

export interface CliLaunch {
  readonly spec: LaunchSpec;
  readonly account: Account;
  /** RunInstances as it would be sent. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What the machine runs at its first boot, unpacked. */
  readonly firstBoot: string;
  readonly myAddresses: readonly string[];
}

/**
 * The launch as commands of the AWS CLI for a POSIX shell. What Skylab does besides (ssh entry, host key, name, copies, the command
 * after set-up) is named in comments: the CLI has nothing for it.
 */
export function awsCli(launch: CliLaunch): string {
  const { spec, account } = launch;
  const base = `aws${accountOptions(account)} ec2`;
  const { keyPair, securityGroup } = spec;
  const lines = [`# ${oneLine(spec.name)} as Skylab launches it, in ${account.region}`];
  if (keyPair.kind === 'new')
    lines.push(
      `${base} create-key-pair --key-name ${quote(keyPair.name)} --key-type ed25519 --query KeyMaterial --output text > ${quote(`${keyPair.name}.pem`)}`,
      `chmod 600 ${quote(`${keyPair.name}.pem`)}`,
    );
  if (keyPair.kind === 'import')
    lines.push(
      `${base} import-key-pair --key-name ${quote(keyPair.name)} --public-key-material ${quote(`fileb://${keyPair.publicKeyFile}`)}`,
    );
  if (securityGroup.kind === 'new') lines.push(...newGroup(base, securityGroup.name, rulesOf(launch)));
  lines.push(`${base} run-instances ${runOptions(launch).join(' \\\n  ')}`);
  const besides = besidesOf(spec);
  if (besides.length > 0) lines.push(`# Skylab does besides: ${besides.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

const GROUP = 'group';

function newGroup(base: string, name: string, rules: readonly IngressRule[]): string[] {
  const create = `${base} create-security-group --group-name ${quote(name)} --description 'Made by Skylab for its machines' --query GroupId --output text`;
  const permissions = rules.map(permissionOf);
  return [
    `${GROUP}=$(${create})`,
    ...(permissions.length === 0
      ? []
      : [`${base} authorize-security-group-ingress --group-id "$${GROUP}" --ip-permissions ${quote(JSON.stringify(permissions))}`]),
  ];
}

function rulesOf({ spec, myAddresses }: CliLaunch): readonly IngressRule[] {
  const { securityGroup: group, preset } = spec;
  if (group.kind === 'existing') return [];
  const port = (ports: string, from: string): RuleSpec => ({ protocol: 'tcp', ports, from });
  const all = [
    ...(group.ssh ? [port('22', 'me')] : []),
    ...(group.http ? [port('80', 'anywhere')] : []),
    ...(group.https ? [port('443', 'anywhere')] : []),
    ...(group.rules ?? []),
    ...(preset === undefined ? [] : graphTermRules(preset)),
  ];
  return ingressRules(
    all.filter((rule) => rule.from !== 'me' || myAddresses.length > 0),
    myAddresses,
  );
}

function permissionOf({ protocol, fromPort, toPort, cidrs, groups = [], description }: IngressRule): object {
  const said = description === undefined ? {} : { Description: description };
  const [v6, v4] = [cidrs.filter((one) => one.includes(':')), cidrs.filter((one) => !one.includes(':'))];
  return {
    IpProtocol: protocol,
    ...(protocol === '-1' ? {} : { FromPort: fromPort, ToPort: toPort }),
    ...(v4.length === 0 ? {} : { IpRanges: v4.map((CidrIp) => ({ CidrIp, ...said })) }),
    ...(v6.length === 0 ? {} : { Ipv6Ranges: v6.map((CidrIpv6) => ({ CidrIpv6, ...said })) }),
    ...(groups.length === 0 ? {} : { UserIdGroupPairs: groups.map((GroupId) => ({ GroupId, ...said })) }),
  };
}

/** Every field of the request as an option: the CLI's names are the API's with dashes. */
function runOptions({ request, firstBoot, spec }: CliLaunch): string[] {
  const { MinCount, MaxCount, UserData, ...fields } = request;
  const isNew = spec.securityGroup.kind === 'new';
  // With its token, a second run would answer the machines of the first.
  const told = Object.entries(fields).filter(([name]) => name !== 'ClientToken');
  const options = told.map(([name, value]) => option(name, isNew ? withGroup(value) : value));
  const count = MinCount === MaxCount ? String(MaxCount) : `${String(MinCount)}:${String(MaxCount)}`;
  return [...options, `--count ${count}`, ...(UserData === undefined ? [] : [`--user-data ${quote(firstBoot)}`])];
}

/** The id of a group that is still to be made stands in angle brackets. */
const PLACEHOLDER = /<the new group [^>]*>/;

function withGroup(value: unknown): unknown {
  return typeof value === 'object' && value !== null && PLACEHOLDER.test(JSON.stringify(value)) ? new InShell(value) : value;
}

/** A value that holds the shell variable of the new group. */
class InShell {
  constructor(readonly value: unknown) {}
}

function option(name: string, value: unknown): string {
  const dashed = optionName(name);
  if (typeof value === 'boolean') return value ? `--${dashed}` : `--no-${dashed.replace(/^disable-/, '')}`;
  if (value instanceof InShell) return `--${dashed} ${words(value.value, (text) => spliced(text))}`;
  return `--${dashed} ${words(value, quote)}`;
}

/** Text, several texts, or JSON. */
function words(value: unknown, write: (text: string) => string): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.map(write).join(' ');
  return write(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function spliced(text: string): string {
  return text
    .split(PLACEHOLDER)
    .map((part) => (part === '' ? '' : quote(part)))
    .join(`"$${GROUP}"`);
}

/** `BlockDeviceMappings` as `block-device-mappings`, `Ipv6AddressCount` as `ipv6-address-count`. */
export const optionName = (field: string): string => field.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

function accountOptions(account: Account): string {
  const endpoint = account.kind === 'endpoint' ? ` --endpoint-url ${quote(account.endpoint)}` : '';
  const profile = account.kind === 'profile' ? ` --profile ${quote(account.profile)}` : '';
  return `${profile}${endpoint} --region ${quote(account.region)}`;
}

function besidesOf(spec: LaunchSpec): string[] {
  const elastic = spec.network?.publicAddress === 'elastic';
  return [
    'ssh entry and host key',
    ...(spec.count > 1 ? ['a name for each machine'] : []),
    ...(elastic ? ['an elastic address'] : []),
    ...(spec.securityGroup.kind === 'existing' && (spec.securityGroup.rules ?? []).length > 0 ? ['rules added to the group'] : []),
    ...(spec.dns === true ? ['the DNS name'] : []),
    ...(spec.copies === undefined ? [] : ['copying files']),
    ...(spec.runAfter === undefined ? [] : ['the command after set-up']),
  ];
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
