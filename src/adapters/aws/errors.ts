import type { Account } from '../../core/cloud/model';
import { CancelledError, isCancelled, SkylabError, type Remedy, type SkylabErrorOptions } from '../../core/errors';

/** Where a request went and what it was to do, such as "list the machines". */
export interface AwsErrorContext {
  readonly account: Account;
  readonly doing: string;
}

interface Explained {
  readonly message: string;
  readonly next: string;
  readonly code: string;
  readonly remedies?: readonly Remedy[];
}

/** The parts that the SDK's errors share; read by shape, since several copies of their classes can be loaded. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  /** EC2's error code, or node's (`ECONNREFUSED`). */
  readonly code: string;
  readonly httpStatus?: number;
}

type Explain = (where: AwsErrorContext & { readonly sdk: SdkError }) => Explained;

const edit = (account: Account): readonly Remedy[] => [{ kind: 'editAccount', accountId: account.id }];
const retry: readonly Remedy[] = [{ kind: 'retry' }];
/** Where an account's requests go, as a person knows it. */
const placeOf = (account: Account) => (account.kind === 'endpoint' ? account.endpoint : `AWS in ${account.region}`);
/** What the cloud itself said, as the end of a sentence. */
const said = (sdk: SdkError) => sdk.message.trim().replace(/\.?$/, '.');

const badKey: Explain = ({ account }) => ({
  code: 'BadKey',
  message: `${placeOf(account)} does not accept the access key${account.kind === 'endpoint' ? '' : ` of ${account.name}`}.`,
  next:
    account.kind === 'profile'
      ? `Check the profile ${account.profile} in ~/.aws/credentials, or add the account anew with a fresh access key.`
      : 'Check that key ID and secret belong together and are still active, then type them again.',
  remedies: edit(account),
});

const expired: Explain = ({ account }) => ({
  code: 'SessionExpired',
  message: `The session of ${account.name} has expired.`,
  next:
    account.kind === 'profile'
      ? `Sign in again (aws sso login --profile ${account.profile}), or renew the profile's temporary keys.`
      : 'Get new temporary keys and edit the account.',
  remedies: account.kind === 'profile' ? [{ kind: 'signIn', profile: account.profile }] : edit(account),
});

const signIn: Explain = ({ account, sdk }) => {
  const profile = account.kind === 'profile' ? account.profile : account.name;
  return {
    code: 'SessionExpired',
    message: `The sign-in of ${account.name} is missing or has expired.`,
    next: `Run: ${/aws login/.test(sdk.message) ? 'aws login' : 'aws sso login'} --profile ${profile}`,
    remedies: [{ kind: 'signIn', profile }],
  };
};

const noCredentials: Explain = ({ account, sdk }) => ({
  code: 'NoCredentials',
  message: `No credentials can be had for ${account.name}: ${said(sdk)}`,
  next:
    account.kind === 'profile'
      ? `Check the profile ${account.profile} in ~/.aws/config and ~/.aws/credentials.`
      : 'Edit the account and type its access key.',
  remedies: edit(account),
});

/** Node's and the SDK's names for a request that never got an answer. */
const NO_ANSWER: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no network',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: 'no answer came in time',
  TimeoutError: 'no answer came in time',
};

const unreachable: Explain = ({ account, sdk, doing }) => ({
  code: 'EndpointUnreachable',
  message: `Can't reach ${placeOf(account)} to ${doing}: ${NO_ANSWER[sdk.code] ?? 'no answer came'}.`,
  next:
    account.kind === 'endpoint'
      ? 'Check that the endpoint runs and that its address and port are right, then try again.'
      : 'Check the network (VPN, proxy) and try again.',
  remedies: account.kind === 'endpoint' ? [...retry, ...edit(account)] : retry,
});

const noSuchName: Explain = ({ account }) => ({
  code: 'WrongRegion',
  message:
    account.kind === 'endpoint'
      ? `The endpoint ${account.endpoint} cannot be found by name.`
      : `AWS has no region ${account.region}, or this computer has no network: the region's address cannot be found.`,
  next:
    account.kind === 'endpoint'
      ? 'Correct the address in the account.'
      : 'Check the network and the region of the account, such as us-east-1.',
  remedies: edit(account),
});

const untrusted: Explain = ({ account, sdk }) => ({
  code: 'UntrustedCertificate',
  message: `The certificate of ${placeOf(account)} cannot be trusted: ${said(sdk)}`,
  next:
    account.kind === 'endpoint'
      ? 'If the cloud has a certificate of its own making, ask whoever runs it for that as a .pem file and choose the file in the account.'
      : 'Check the clock of this computer, and whether a proxy stands between it and the network.',
  remedies: edit(account),
});

const regionOff: Explain = ({ account }) => ({
  code: 'WrongRegion',
  message: `The region ${account.region} is not switched on for ${account.name}.`,
  next: 'Switch it on in the AWS console under Account > AWS Regions, or choose another region.',
  remedies: edit(account),
});

const noPermission: Explain = ({ account, doing, sdk }) => {
  // EC2 names the missing permission: "... not authorized to perform: ec2:RunInstances on resource ..."
  const action = /perform:? (\w+:\w+)/.exec(sdk.message)?.[1];
  return {
    code: 'NoPermission',
    message: `The account ${account.name} is not allowed to ${doing}${action === undefined ? '' : ` (${action})`}.`,
    next: 'Ask whoever runs the account for that permission.',
  };
};

const throttled: Explain = ({ account, doing }) => ({
  code: 'Throttled',
  message: `${placeOf(account)} is being asked too often and would not ${doing} now.`,
  next: 'Wait a minute and try again.',
  remedies: retry,
});

const noCapacity: Explain = ({ account }) => ({
  code: 'NoCapacity',
  message: `${placeOf(account)} has no free machine of this size now.`,
  next: 'Try again later, or choose another size or region.',
  remedies: retry,
});

const overLimit: Explain = ({ account, sdk }) => ({
  code: 'OverLimit',
  message: `A limit of the account in ${account.region} is reached: ${said(sdk)}`,
  next: 'Terminate what is not needed, choose a smaller size, or ask AWS for more under Service Quotas.',
});

const noDefaultVpc: Explain = ({ account }) => ({
  code: 'NoDefaultVpc',
  message: `The account ${account.name} has no default network (VPC) in ${account.region}.`,
  next: 'Create one with: aws ec2 create-default-vpc, or choose another region.',
});

const noImage: Explain = ({ account, sdk }) => ({
  code: 'NoSuchImage',
  message: `The image does not exist in ${account.region}: ${said(sdk)}`,
  next: 'Choose another image; image ids differ from region to region.',
});

const unsupported: Explain = ({ account, sdk, doing }) =>
  // econe-server's words for every action that it does not have.
  / feature is not supported/.test(sdk.message)
    ? {
        code: 'Unsupported',
        message: `${placeOf(account)} cannot ${doing}: its EC2 interface does not have that.`,
        next: "It can be done in the cloud's own web interface, or by whoever runs it.",
      }
    : {
        code: 'Unsupported',
        message: `${placeOf(account)} does not support this: ${said(sdk)}`,
        next: 'Choose another size, image or region.',
      };

const all = (codes: string, explain: Explain): [string, Explain][] => codes.split(' ').map((code) => [code, explain]);

/** EC2's codes (https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html), STS's for bad keys, and node's. */
const BY_CODE: ReadonlyMap<string, Explain> = new Map([
  ...all('AuthFailure InvalidClientTokenId SignatureDoesNotMatch InvalidAccessKeyId UnrecognizedClientException', badKey),
  ...all('IncompleteSignature MissingAuthenticationToken', badKey),
  ...all('RequestExpired ExpiredToken ExpiredTokenException', expired),
  ...all('OptInRequired', regionOff),
  ...all('UnauthorizedOperation AccessDenied AccessDeniedException', noPermission),
  ...all('RequestLimitExceeded Throttling ThrottlingException EC2ThrottledException', throttled),
  ...all('InsufficientInstanceCapacity InsufficientHostCapacity InsufficientCapacity', noCapacity),
  ...all('InstanceLimitExceeded VcpuLimitExceeded MaxSpotInstanceCountExceeded VolumeLimitExceeded', overLimit),
  ...all('SecurityGroupLimitExceeded RulesPerSecurityGroupLimitExceeded', overLimit),
  ...all('VPCIdNotSpecified DefaultVpcDoesNotExist', noDefaultVpc),
  ...all('InvalidAMIID.NotFound InvalidAMIID.Malformed InvalidAMIID.Unavailable', noImage),
  ...all('Unsupported UnsupportedOperation', unsupported),
  ...all('ENOTFOUND', noSuchName),
  ...all('DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE', untrusted),
  ...all('UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY CERT_HAS_EXPIRED CERT_NOT_YET_VALID', untrusted),
  ...all('CERT_UNTRUSTED ERR_TLS_CERT_ALTNAME_INVALID', untrusted),
  ...all(Object.keys(NO_ANSWER).join(' '), unreachable),
]);

type Plain = readonly [what: string, next: string, code: string];
const keyPairExists: Plain = ['A key pair of this name exists already', 'Choose it, or another name.', 'KeyPairExists'];
const groupGone: Plain = ['The security group does not exist', 'Choose another security group.', 'NoSuchGroup'];
const diskGone: Plain = ['The disk does not exist any more', 'Refresh the list.', 'NoSuchVolume'];
const addressGone: Plain = ['The address is not the account’s any more', 'Refresh the list.', 'NoSuchAddress'];
const instanceGone: Plain = ['The machine does not exist any more', 'Refresh the list.', 'NoSuchInstance'];
const wrongState: Plain = ["The machine's state does not allow it", 'Wait until it has settled, then try again.', 'WrongState'];

/** Codes whose sentence needs what was being done and what the cloud said. */
const PLAIN: ReadonlyMap<string, Plain> = new Map<string, Plain>([
  ['InvalidKeyPair.Duplicate', keyPairExists],
  ['InvalidKeyPair.NotFound', ['The key pair does not exist', 'Choose another key pair.', 'NoSuchKeyPair']],
  ['InvalidKey.Format', ['The cloud cannot read the public key', 'Import an ed25519 or RSA key in OpenSSH format.', 'BadPublicKey']],
  ['InvalidGroup.Duplicate', ['A security group of this name exists already', 'Choose it, or another name.', 'GroupExists']],
  ['InvalidGroup.NotFound', groupGone],
  ['InvalidGroupId.Malformed', groupGone],
  ['InvalidInstanceID.NotFound', instanceGone],
  ['InvalidInstanceID.Malformed', instanceGone],
  ['InvalidPermission.Duplicate', ['The rule is there already', 'Nothing has to be done.', 'RuleExists']],
  ['InvalidPermission.NotFound', ['The rule is gone already', 'Nothing has to be done.', 'NoSuchRule']],
  ['DependencyViolation', ['It is still in use', 'Try again when nothing uses it.', 'InUse']],
  ['InvalidVolume.NotFound', diskGone],
  ['InvalidAttachment.NotFound', ['It is not attached', 'Refresh the list.', 'NotAttached']],
  ['VolumeInUse', ['The disk is attached to a machine', 'Detach it first.', 'InUse']],
  [
    'InvalidVolume.ZoneMismatch',
    ['Disk and machine are in different zones', 'Make a snapshot and a disk from it in the zone of the machine.', 'WrongZone'],
  ],
  [
    'VolumeModificationRateExceeded',
    ['The disk was changed a short time ago', 'EC2 wants some hours between two changes: try again later.', 'TooSoon'],
  ],
  ['InvalidSnapshot.NotFound', ['The snapshot does not exist any more', 'Refresh the list.', 'NoSuchSnapshot']],
  ['InvalidSnapshot.InUse', ['An image is made of it', 'Deregister the image first.', 'InUse']],
  ['InvalidAMIName.Duplicate', ['An image of this name exists already', 'Choose another name.', 'ImageExists']],
  ['InvalidAllocationID.NotFound', addressGone],
  ['InvalidAddress.NotFound', addressGone],
  ['InvalidAssociationID.NotFound', ['No machine has the address', 'Refresh the list.', 'NotAssociated']],
  ['InvalidIPAddress.InUse', ['A machine or another service has the address', 'Disassociate it first.', 'InUse']],
  [
    'AddressLimitExceeded',
    ['The account may not have more addresses', 'Release one that is not used, or ask AWS for more under Service Quotas.', 'OverLimit'],
  ],
  ['IncorrectInstanceState', wrongState],
  ['IncorrectState', wrongState],
  ['OperationNotPermitted', ['The cloud does not permit it', 'If termination protection is on, switch it off first.', 'NotPermitted']],
]);

/** Turns whatever the SDK threw into a sentence with what to do next; the SDK's error is kept as cause. */
export function explainAwsError(error: unknown, context: AwsErrorContext): SkylabError | CancelledError {
  if (error instanceof SkylabError || error instanceof CancelledError) return error;
  if (isCancelled(error)) return new CancelledError();
  const sdk = readSdkError(error);
  const { message, next, code, remedies } = explainerFor(sdk)({ ...context, sdk });
  const options: SkylabErrorOptions = { next, code, cause: error };
  return new SkylabError(message, remedies === undefined ? options : { ...options, remedies });
}

function explainerFor(sdk: SdkError): Explain {
  const known = BY_CODE.get(sdk.code) ?? BY_CODE.get(sdk.name);
  if (known !== undefined) return known;
  const fromProvider = sdk.name === 'CredentialsProviderError' || sdk.name === 'TokenProviderError';
  if (fromProvider)
    return /\b(sso|aws login)\b/i.test(sdk.message) && /expired|invalid|refresh|log ?in/i.test(sdk.message) ? signIn : noCredentials;
  const plain = PLAIN.get(sdk.code);
  if (plain !== undefined) {
    const [what, next, code] = plain;
    return ({ doing }) => ({ message: `Can't ${doing}. ${what}: ${said(sdk)}`, next, code });
  }
  if ((sdk.httpStatus ?? 0) >= 500) return cloudFailure;
  return ({ account, doing }) => ({
    code: sdk.code,
    message: `${placeOf(account)} would not ${doing}: ${said(sdk)}`,
    next: 'The log has the details.',
    remedies: [{ kind: 'showLog' }],
  });
}

const cloudFailure: Explain = ({ account, doing, sdk }) => ({
  code: 'CloudFailure',
  message: `${placeOf(account)} failed while it was to ${doing}: ${said(sdk)}`,
  next: 'The fault is on their side: try again in a moment.',
  remedies: retry,
});

/** Reads name, code and status of an SDK error, of node's network errors, and of errors that wrap either. */
function readSdkError(error: unknown): SdkError {
  if (!(error instanceof Error)) return { name: 'Error', code: 'Unknown', message: String(error) };
  const field = (key: string): unknown => Reflect.get(error, key);
  const metadata = field('$metadata');
  const status: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const nested = inner instanceof Error && typeof status !== 'number' ? readSdkError(inner) : undefined;
  const code = [field('Code'), field('code'), nested?.code, error.name].find((c) => typeof c === 'string' && c !== '');
  return {
    name: error.name,
    message: error.message === '' ? (nested?.message ?? 'no reason was given') : error.message,
    code: String(code),
    ...(typeof status === 'number' ? { httpStatus: status } : {}),
  };
}
