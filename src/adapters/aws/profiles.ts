import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import type { AccessKeys, ProfileSource } from '../../core/cloud/ports';
import { SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';

type Listed = Awaited<ReturnType<ProfileSource['list']>>[number];

/** The profiles of the AWS command line's files, as the SDK itself reads them. */
export class AwsProfiles implements ProfileSource {
  /** @param homeDir the folder that holds `.aws`; AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE come before it */
  constructor(private readonly homeDir: string) {}

  /** By name, `default` first. @throws SkylabError when a file is there and cannot be read */
  async list(): Promise<readonly Listed[]> {
    const configFilepath = process.env['AWS_CONFIG_FILE'] ?? path.join(this.homeDir, '.aws', 'config');
    const filepath = process.env['AWS_SHARED_CREDENTIALS_FILE'] ?? path.join(this.homeDir, '.aws', 'credentials');
    // The loader takes any read error for an empty file.
    await Promise.all([configFilepath, filepath].map(mustBeReadable));
    const { configFile, credentialsFile } = await loadSharedConfigFiles({ configFilepath, filepath, ignoreCache: true });
    const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
    return [...names]
      .filter((name) => !/^(sso-session|services|login-session)\./.test(name))
      .map((name) => describe(name, { ...credentialsFile[name], ...configFile[name] }))
      .sort((a, b) => Number(b.name === 'default') - Number(a.name === 'default') || a.name.localeCompare(b.name));
  }

  /** Source: boto's configuration, section `Credentials`. */
  async botoKeys(): Promise<AccessKeys | undefined> {
    const file = path.join(this.homeDir, '.boto');
    await mustBeReadable(file);
    const text = await readFile(file, 'utf8').catch(() => '');
    const section = /^\[Credentials\][^\n]*\n([^[]*)/im.exec(text)?.[1] ?? '';
    const value = (key: string) => new RegExp(`^\\s*${key}\\s*[=:]\\s*(\\S+)`, 'im').exec(section)?.[1];
    const [accessKeyId, secret] = [value('aws_access_key_id'), value('aws_secret_access_key')];
    return accessKeyId === undefined || secret === undefined ? undefined : { accessKeyId, secretAccessKey: new Secret(secret) };
  }
}

function describe(name: string, values: Readonly<Record<string, string | undefined>>): Listed {
  const kind =
    values['role_arn'] !== undefined
      ? 'role'
      : values['sso_session'] !== undefined || values['sso_start_url'] !== undefined
        ? 'sso'
        : values['credential_process'] !== undefined
          ? 'process'
          : values['aws_access_key_id'] !== undefined
            ? 'keys'
            : 'other';
  return values['region'] === undefined ? { name, kind } : { name, kind, region: values['region'] };
}

async function mustBeReadable(file: string): Promise<void> {
  try {
    await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new SkylabError(`Can't read ${file}: ${error instanceof Error ? error.message : String(error)}.`, {
      next: 'Make it readable for yourself, then try again.',
      code: 'ProfilesUnreadable',
      cause: error,
      remedies: [{ kind: 'openFile', path: file }],
    });
  }
}

/**
 * The EC2 address that a profile names: `endpoint_url` of its `services` section, else its own. The SDK looks only at the profile of the
 * environment. Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
export async function profileEndpoint(profile: string): Promise<string | undefined> {
  if (process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  const { configFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const values = configFile[profile];
  const services = values?.['services'] === undefined ? undefined : configFile[`services.${values['services']}`];
  return services?.['ec2.endpoint_url'] ?? values?.['endpoint_url'];
}
