import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeKeyPairsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { explainAwsError } from '../../../../src/adapters/aws/errors';
import type { Account } from '../../../../src/core/cloud/model';
import { CancelledError, SkylabError } from '../../../../src/core/errors';

const endpoint: Account = { kind: 'endpoint', id: 'e', name: 'Physics', endpoint: 'https://cloud.example.edu', region: 'one' };
const profile: Account = { kind: 'profile', id: 'p', name: 'phys', profile: 'phys-dept', region: 'us-east-1' };
const keys: Account = { kind: 'keys', id: 'k', name: 'mine', region: 'eu-south-1' };

/** The error that the SDK makes of EC2's real answer: one XML body per code, as EC2 sends it. */
class Ec2 {
  #answer = { status: 400, body: '' };
  constructor(
    private readonly server: Server,
    readonly client: EC2Client,
  ) {
    server.on('request', (_, response) => response.writeHead(this.#answer.status, { 'content-type': 'text/xml' }).end(this.#answer.body));
  }

  static async start(): Promise<Ec2> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
    return new Ec2(server, new EC2Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials, maxAttempts: 1 }));
  }

  async error(code: string, message: string, status = 400): Promise<unknown> {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`;
    this.#answer = { status, body };
    return this.client.send(new DescribeKeyPairsCommand({})).then(
      () => assert.fail('refused'),
      (error: unknown) => error,
    );
  }

  stop(): void {
    this.client.destroy();
    this.server.close();
  }
}

function explained(error: unknown, account: Account = keys, doing = 'launch the machine'): SkylabError {
  const made = explainAwsError(error, { account, doing });
  assert.ok(made instanceof SkylabError);
  assert.ok(made.next, 'says what to do');
  assert.match(made.message, /^[A-Z“][^]*\.$/, 'is a sentence');
  return made;
}

describe('what EC2 refuses, as a sentence', () => {
  let ec2: Ec2;
  before(async () => (ec2 = await Ec2.start()));
  after(() => ec2.stop());

  const cases: [code: string, message: string, status: number, expected: string, sentence: RegExp][] = [
    [
      'AuthFailure',
      'AWS was not able to validate the provided access credentials',
      401,
      'BadKey',
      /does not accept the access key of mine/,
    ],
    ['SignatureDoesNotMatch', 'The request signature we calculated does not match', 403, 'BadKey', /key ID and secret belong together/],
    ['RequestExpired', 'Request has expired.', 400, 'SessionExpired', /Get new temporary keys/],
    [
      'OptInRequired',
      'You are not subscribed to this service.',
      401,
      'WrongRegion',
      /eu-south-1 is not switched on.*Account > AWS Regions/,
    ],
    [
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to perform: ec2:RunInstances on resource: x',
      403,
      'NoPermission',
      /not allowed to launch the machine \(ec2:RunInstances\).*Ask whoever runs the account/,
    ],
    ['RequestLimitExceeded', 'Request limit exceeded.', 503, 'Throttled', /asked too often.*Wait a minute/],
    [
      'InsufficientInstanceCapacity',
      'We currently do not have sufficient t3.small capacity',
      500,
      'NoCapacity',
      /Try again later, or choose another size/,
    ],
    [
      'VcpuLimitExceeded',
      'You have requested more vCPU capacity than your current vCPU limit of 5',
      400,
      'OverLimit',
      /vCPU limit of 5\..*Service Quotas/,
    ],
    ['InstanceLimitExceeded', 'Your quota allows for 0 more running instance(s)', 400, 'OverLimit', /Terminate what is not needed/],
    ['VPCIdNotSpecified', 'No default VPC for this user', 400, 'NoDefaultVpc', /aws ec2 create-default-vpc/],
    ['InvalidAMIID.NotFound', "The image id '[ami-1]' does not exist", 400, 'NoSuchImage', /differ from region to region/],
    ['Unsupported', 'Your requested instance type (t4g.nano) is not supported in us-east-1e', 400, 'Unsupported', /t4g\.nano/],
    ['InvalidKeyPair.Duplicate', "The keypair 'x' already exists.", 400, 'KeyPairExists', /Choose it, or another name/],
    ['DependencyViolation', 'resource sg-1 has a dependent object', 400, 'InUse', /still in use/],
    ['InvalidInstanceID.NotFound', "The instance ID 'i-1' does not exist", 400, 'NoSuchInstance', /Refresh the list/],
    ['IncorrectInstanceState', "The instance 'i-1' is not in a state from which it can be started.", 400, 'WrongState', /has settled/],
    ['InternalError', 'An internal error has occurred', 500, 'CloudFailure', /fault is on their side/],
    ['SomethingNew', 'Nobody has seen this', 400, 'SomethingNew', /would not launch the machine: Nobody has seen this\./],
  ];
  for (const [code, message, status, expected, sentence] of cases)
    it(`${code}: says what to do next`, async () => {
      const error = await ec2.error(code, message, status);
      const made = explained(error);
      assert.equal(made.code, expected);
      assert.match(made.sentence, sentence);
      assert.equal(made.cause, error);
    });

  it('an expired session of a profile offers to sign in', async () => {
    const made = explained(await ec2.error('ExpiredToken', 'The security token included in the request is expired'), profile);
    assert.match(made.sentence, /The session of phys has expired\. Sign in again \(aws sso login --profile phys-dept\)/);
    assert.deepEqual(made.remedies, [{ kind: 'signIn', profile: 'phys-dept' }]);
  });

  it('a single sign-on that has run out offers to sign in', () => {
    const name = 'CredentialsProviderError';
    const message =
      'The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.';
    const made = explained(Object.assign(new Error(message), { name, tryNextLink: false }), profile);
    assert.match(made.sentence, /sign-in of phys is missing or has expired\. Run: aws sso login --profile phys-dept/);
    const other = explained(Object.assign(new Error('Could not load credentials from any providers'), { name }), profile);
    assert.equal(other.code, 'NoCredentials');
  });

  it('an endpoint that is not there, by refusal, silence or name', async () => {
    const closed = new EC2Client({
      endpoint: 'http://127.0.0.1:9',
      region: 'x',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
    const refused = await closed.send(new DescribeKeyPairsCommand({})).catch((error: unknown) => error);
    assert.match(
      explained(refused, endpoint, 'list the machines').sentence,
      /Can't reach https:\/\/cloud\.example\.edu to list the machines: the connection was refused\. Check that the endpoint runs/,
    );
    const silence = Object.assign(new Error('Connection timed out after 5000 ms'), { name: 'TimeoutError' });
    assert.match(explained(silence, keys).sentence, /no answer came in time/);
    const name = Object.assign(new Error('getaddrinfo ENOTFOUND ec2.us-nowhere-1.amazonaws.com'), { code: 'ENOTFOUND' });
    assert.match(explained(name, { ...keys, region: 'us-nowhere-1' }).sentence, /no region us-nowhere-1/);
  });

  it('cancelling is no error', () => {
    const abort = Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    assert.ok(explainAwsError(abort, { account: keys, doing: 'x' }) instanceof CancelledError);
  });
});
