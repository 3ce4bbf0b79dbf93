import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import type { ProfileSource } from '../../core/cloud/ports';
import { SkylabError } from '../../core/errors';

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
