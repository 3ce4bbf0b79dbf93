import { userInfo } from 'node:os';
import fc from 'fast-check';

interface Sample {
  /** By path below the home folder; `@HOME@` stands for it. */
  readonly files: Readonly<Record<string, string>>;
  readonly hosts: readonly string[];
}

/** Names that match and miss the patterns of generated configurations. */
export const hostsToAsk = ['web', 'db', 'a.lab', 'xayyz', '10.0.0.1', 'WEB'];

/** Configurations as people and programs write them. */
export const corpus: Readonly<Record<string, Sample>> = {
  'a course': {
    files: {
      '.ssh/config': [
        '# Physics lab 2026, see the course page',
        'Host *.cicf.cloud',
        '    User student',
        '    PubkeyAuthentication yes',
        '    PasswordAuthentication no',
        '    IdentityFile ~/.ssh/cicf_key',
        '',
        'Host ada.cicf.cloud',
        '    Port 2222',
        '',
        'Host *',
        '    ServerAliveInterval 60',
        '    User nobody',
        '',
      ].join('\n'),
    },
    hosts: ['ada.cicf.cloud', 'bob.cicf.cloud', 'cicf.cloud', 'other'],
  },
  'a section that a program keeps': {
    files: {
      '.ssh/config': [
        'Host dev',
        '\tHostName dev.example.org',
        '',
        '# ------------START-CODER-----------',
        '# This section is managed by coder. DO NOT EDIT.',
        '#',
        'Host coder.*',
        '\tConnectTimeout=0',
        '\tStrictHostKeyChecking=no',
        '\tUserKnownHostsFile=/dev/null',
        '\tLogLevel ERROR',
        '\tProxyCommand "/usr/bin/coder" ssh --stdio --ssh-host-prefix coder. %h',
        '# ------------END-CODER------------',
      ].join('\n'),
    },
    hosts: ['dev', 'coder.ws', 'coder', 'x'],
  },
  'one file for each cluster': {
    files: {
      '.ssh/config': '# Added by sky (use `sky stop/down CLUSTER_NAME` to remove)\nInclude @HOME@/.sky/*\n\nHost gpu\n  User ubuntu\n',
      '.sky/train':
        'Host train\n  HostName 203.0.113.7\n  User sky\n  IdentityFile ~/.sky/key\n  IdentitiesOnly yes\n  ForwardAgent yes\n  StrictHostKeyChecking no\n  UserKnownHostsFile=/dev/null\n  Port 22\n',
      '.sky/eval':
        'Host eval\n  HostName 203.0.113.8\n  ProxyCommand ssh -W %h:%p head\n\nHost eval-worker1\n  HostName 10.0.0.9\n  ProxyJump eval\n',
    },
    hosts: ['train', 'eval', 'eval-worker1', 'gpu'],
  },
  'as Remote-SSH leaves it, with the line breaks of Windows': {
    files: {
      '.ssh/config':
        'Host ec2\r\n    HostName ec2-3-4-5-6.compute-1.amazonaws.com\r\n    User ec2-user\r\n    IdentityFile "~/My Keys/lab key.pem"\r\n\r\nHost 10.0.0.4\r\n  HostName 10.0.0.4\r\n  User azureuser\r\n\r\n',
    },
    hosts: ['ec2', '10.0.0.4', 'nothing'],
  },
  'jump hosts': {
    files: {
      '.ssh/config': [
        'Host bastion jump.example.org',
        '  HostName jump.example.org',
        '  User hop',
        'Host 10.1.* node-?? !node-99',
        '  ProxyJump bastion,second:2200',
        '  User core',
        'Host node-01',
        '  HostName 10.1.0.1',
        '  ProxyCommand none',
        'Host direct-*',
        '  ProxyJump none',
        'Host direct-1',
        '  ProxyCommand nc %h %p',
      ].join('\n'),
    },
    hosts: ['bastion', 'jump.example.org', '10.1.2.3', 'node-01', 'node-99', 'direct-1'],
  },
  'conditions of every kind': {
    files: {
      '.ssh/config': [
        'User first',
        'Host short',
        '  HostName long.example.org',
        'Match originalhost short',
        '  Port 1001',
        'Match host long.example.org user first',
        '  IdentityFile ~/.ssh/matched',
        'Match user other',
        '  Port 1002',
        'Match final host *.example.org',
        '  IdentityFile ~/.ssh/final',
        '  HostKeyAlias Final-%h',
        'Match !final host long*',
        '  ServerAliveInterval 7',
        'Match canonical all',
        '  SendEnv CANON',
        'Match all',
        '  SendEnv ALL',
        'Host long.example.org',
        '  LocalCommand echo second reading',
      ].join('\n'),
    },
    hosts: ['short', 'long.example.org', 'other'],
  },
  'spellings that ssh takes': {
    files: {
      '.ssh/config': [
        'HOST   web   # trailing words are a comment',
        'hostname="10.0.0.5"',
        '\tuser =   ada',
        '  Port=2200',
        '"IdentityFile" "~/k # 1"',
        "  identityfile '~/it''s'",
        '  IdentityFile back\\ slash',
        '  IdentityFile C:\\Users\\ada\\key',
        '  LocalCommand   echo "x" # kept  ',
        'Host "two words" quoted',
        ' HostName %h.example.org%%',
        '# caf\u00e9 in latin1',
        'host db\u000c',
        'hostname db.example.org\u000c',
      ].join('\n'),
    },
    hosts: ['web', 'quoted', 'db'],
  },
  'Includes in Includes': {
    files: {
      '.ssh/config': 'Host web\n  Include @HOME@/.ssh/a.conf\nHost *\n  User late\nInclude @HOME@/.ssh/missing @HOME@/.ssh/b.conf\n',
      '.ssh/a.conf': 'User inner\nHost db\n  Port 5\nHost *\n  Include @HOME@/.ssh/b.conf\n',
      '.ssh/b.conf': 'Port 77\nHost web\n  IdentityFile b-web\nMatch host db\n  IdentityFile b-db\n',
    },
    hosts: ['web', 'db', 'x'],
  },
};

const pattern = fc.constantFrom(
  '*',
  'web',
  'db',
  'web db',
  '*.lab',
  '* !web',
  'w?b',
  'a.lab',
  '!db *b',
  '10.0.0.*',
  'WEB',
  '"web"',
  'x*y*z',
  'xayyz',
);
const condition = fc.constantFrom(
  'all',
  'host web',
  'host *.lab,!a.lab',
  'originalhost web,db',
  'user root',
  'user root host web',
  '!user root',
  `localuser ${userInfo().username}`,
  'final',
  'final host 10.0.0.*',
  '!final host web',
  'canonical',
  'host=web',
  'host "web,db"',
  'final all',
);
const option = fc.constantFrom(
  'HostName 10.0.0.1',
  'HostName %h.lab',
  'HostName A.lab',
  'hostname=10.0.0.2',
  'User root',
  'User "ada"',
  'User = grace # the admiral',
  'Port 2222',
  'Port\t22',
  'IdentityFile ~/.ssh/one',
  'IdentityFile "~/my keys/two"',
  'ProxyJump jump',
  'ProxyJump none',
  'ProxyCommand nc -x "a b" %h %p # not a comment',
  'HostKeyAlias Thing',
  'ServerAliveInterval 15',
  'SendEnv LANG LC_*',
  'LocalCommand echo "a # b"',
  '# User nobody',
  '',
);
const block = fc.record({
  header: fc.oneof(
    pattern.map((text) => `Host ${text}`),
    condition.map((text) => `Match ${text}`),
  ),
  options: fc.array(option, { maxLength: 4 }),
  include: fc.boolean(),
  newline: fc.constantFrom('\n', '\n', '\r\n'),
  indent: fc.constantFrom('', '  ', '\t'),
});
const lines = (
  { header, options, include, newline, indent }: typeof block extends fc.Arbitrary<infer T> ? T : never,
  inner: string,
): string =>
  [header, ...options.map((one) => indent + one), ...(include && inner !== '' ? [`${indent}Include ${inner}`] : [])]
    .map((one) => one + newline)
    .join('');

/** Configurations that nobody would write by hand: a file and one that some of its entries include. */
export const generatedConfig: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .tuple(fc.array(option, { maxLength: 2 }), fc.array(block, { maxLength: 5 }), fc.array(block, { maxLength: 3 }))
  .map(([top, blocks, inner]) => ({
    '.ssh/config': `${top.map((one) => `${one}\n`).join('')}${blocks.map((one) => lines(one, '"@HOME@/.ssh/inner.conf"')).join('')}`,
    '.ssh/inner.conf': inner.map((one) => lines(one, '')).join(''),
  }));
