import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { root } from '../../editor/bed';
import type { SessionOptions } from '../../editor/session';
import { startPracticeCloud, type PracticeCloud, type PracticeCloudOptions } from '../../practice-cloud/cloud';

/** The material of a real course, when the checkout has it beside it; the project's own sample lab otherwise. */
const COURSE = path.join(root, '../shared/inputs/cicf-week08');
const SAMPLE = path.join(root, 'test/fixtures/sample-lab');

/** What a first-time person has: a home folder with an AWS profile, a folder of labs, and a cloud. */
export interface Bed {
  readonly cloud: PracticeCloud;
  readonly home: string;
  /** The folder that the editor opens; the lab is a folder in it. */
  readonly workspace: string;
  readonly lab: string;
  readonly labName: string;
  readonly isCourse: boolean;
  readonly ec2: EC2Client;
  session(options?: Partial<SessionOptions>): SessionOptions;
  stop(): Promise<void>;
}

interface BedOptions extends Pick<PracticeCloudOptions, 'machineImage'> {
  readonly webPorts?: boolean;
  /** False: the sample lab even where a course is beside the checkout. */
  readonly course?: boolean;
}

export async function makeBed({ webPorts = false, ...options }: BedOptions = {}): Promise<Bed> {
  const { machineImage } = options;
  const cloud = await startPracticeCloud({ webPorts, ...(machineImage === undefined ? {} : { machineImage }) });
  const base = mkdtempSync(path.join(os.tmpdir(), 'skylab-e2e-'));
  const home = path.join(base, 'home');
  const isCourse = (options.course ?? true) && existsSync(COURSE);
  const labName = isCourse ? 'week08' : 'sample-lab';
  const workspace = path.join(base, 'labs');
  const lab = path.join(workspace, labName);
  cpSync(isCourse ? COURSE : SAMPLE, lab, { recursive: true });
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  mkdirSync(path.join(home, '.aws'), { recursive: true });
  writeFileSync(path.join(home, '.aws/config'), `[profile physics]\nregion = ${cloud.region}\nendpoint_url = ${cloud.endpoint}\n`);
  writeFileSync(
    path.join(home, '.aws/credentials'),
    `[physics]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    { mode: 0o600 },
  );
  const ec2 = new EC2Client({ region: cloud.region, endpoint: cloud.endpoint, credentials: cloud.credentials });
  return {
    cloud,
    home,
    workspace,
    lab,
    labName,
    isCourse,
    ec2,
    session: (more = {}) => ({
      home,
      folder: workspace,
      steps: true,
      settings: { 'skylab.practiceCloud.endpoint': cloud.endpoint, 'skylab.publicAddressUrl': cloud.checkAddressUrl },
      ...more,
    }),
    async stop() {
      ec2.destroy();
      await cloud.stop();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
