import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { CloudFlavor, EndpointAccount } from '../../core/cloud/model';
import type { AccessKeys } from '../../core/cloud/ports';
import { SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { cloudSummary } from '../model/cloudText';
import { busy } from '../notifications';
import type { Ask } from '../quick/wizard';
import { required, wizard } from '../quick/wizard';
import type { Ui } from '../ui';

/** What was typed, so that a second try need not begin anew. */
interface Typed {
  readonly endpoint: string;
  readonly caFile?: string;
  readonly accessKeyId: string;
  readonly region: string;
}

/** How an account is proved, kept and shown; what is asked for its region. */
export interface AccountWays {
  readonly add: (account: EndpointAccount, keys: AccessKeys) => Promise<void>;
  readonly pickRegion: (ask: Ask, current: string) => Promise<string>;
}

/** Asks for a cloud's own address, says what answers there, and adds it with the way of signing that it takes. */
export async function addEndpoint(ui: Ui, ways: AccountWays, before?: Typed): Promise<void> {
  let typed: Typed = before ?? { endpoint: '', accessKeyId: '', region: 'us-east-1' };
  let flavor: CloudFlavor = 'ec2';
  let secret = '';
  const isOpenNebula = () => flavor === 'opennebula';
  try {
    await wizard(l10n.t('Add a private cloud'), [
      async (ask) => {
        const endpoint = (await ask.input(endpointInput(typed.endpoint))).trim();
        typed = { ...typed, endpoint, ...(endpoint === typed.endpoint ? {} : { accessKeyId: '' }) };
        const found = await look(ui, ask, endpoint, typed.caFile);
        flavor = found.flavor;
        typed = { ...typed, ...(found.caFile !== undefined && { caFile: found.caFile }) };
        return true;
      },
      async (ask) => {
        const prompt = isOpenNebula() ? l10n.t('An OpenNebula answers there. Your user name in it') : l10n.t('Access key ID');
        const what = isOpenNebula() ? l10n.t('the user name') : l10n.t('the access key ID');
        const placeholder = isOpenNebula() ? 'ada' : 'AKIA…';
        const accessKeyId = (await ask.input({ prompt, value: typed.accessKeyId, placeholder, validate: required(what) })).trim();
        typed = { ...typed, accessKeyId };
        return true;
      },
      async (ask) => {
        const prompt = isOpenNebula()
          ? l10n.t('Password, or its hash (the hash is kept in the system’s keychain)')
          : l10n.t('Secret access key (kept in the system’s keychain)');
        const what = isOpenNebula() ? l10n.t('the password') : l10n.t('the secret access key');
        secret = await ask.input({ prompt, password: true, validate: required(what) });
        return true;
      },
      async (ask) => {
        // OpenNebula has one region, and takes any name for it.
        if (isOpenNebula()) return false;
        typed = { ...typed, region: await ways.pickRegion(ask, typed.region) };
        return true;
      },
    ]);
    await finish(ui, ways, typed, flavor, secret);
  } catch (error) {
    ui.errors.show(error, () => addEndpoint(ui, ways, typed));
  }
}

async function finish(ui: Ui, ways: AccountWays, typed: Typed, flavor: CloudFlavor, secret: string): Promise<void> {
  const { endpoint, caFile, accessKeyId } = typed;
  const bare: EndpointAccount = {
    kind: 'endpoint',
    id: randomUUID(),
    name: new URL(endpoint).host,
    endpoint,
    region: flavor === 'opennebula' ? 'opennebula' : typed.region,
    ...(caFile !== undefined && { caFile }),
    // What speaks as EC2 itself does needs no telling.
    ...(flavor !== 'moto' && { flavor }),
  };
  const keys: AccessKeys = { accessKeyId, secretAccessKey: new Secret(flavor === 'opennebula' ? secret : secret.trim()) };
  if (flavor === 'moto') return ways.add(bare, keys);
  const found = await signIn(ui, bare, keys);
  await ways.add(found.account, found.keys);
  const summary = cloudSummary(found.account, l10n);
  if (summary !== undefined) ui.notifications.tell(summary, []);
}

/** Tries the ways of signing. Of the account that it answers with, only the way is new. */
export async function signIn(ui: Ui, account: EndpointAccount, keys: AccessKeys) {
  const probe = await ui.services.endpointProbe();
  return busy(l10n.t('Signing in to {0}', account.name), (signal) => probe.signIn(account, keys, signal));
}

/** Says what answers; a certificate that nobody vouches for can be vouched for by a file. */
async function look(ui: Ui, ask: Ask, endpoint: string, caFile: string | undefined): Promise<{ flavor: CloudFlavor; caFile?: string }> {
  const probe = await ui.services.endpointProbe();
  try {
    const flavor = await busy(l10n.t('Looking at {0}', endpoint), (signal) => probe.look(endpoint, caFile, signal));
    return { flavor, ...(caFile !== undefined && { caFile }) };
  } catch (error) {
    if (!(error instanceof SkylabError) || error.code !== 'UntrustedCertificate' || caFile !== undefined) throw error;
    const wanted = await ask.pick({
      placeholder: error.message,
      items: [
        {
          label: `$(file) ${l10n.t('Choose the certificate that vouches for it…')}`,
          detail: l10n.t('A .pem file from whoever runs the cloud. Only this account believes it.'),
          value: 'file' as const,
        },
        { label: `$(close) ${l10n.t('Do not connect')}`, value: 'no' as const },
      ],
    });
    if (wanted === 'no') throw error;
    const chosen = await vscode.window.showOpenDialog({
      title: l10n.t('Certificate of {0}', endpoint),
      openLabel: l10n.t('Trust for This Account'),
      filters: { [l10n.t('Certificates')]: ['pem', 'crt', 'cer'], [l10n.t('All files')]: ['*'] },
    });
    if (chosen?.[0] === undefined) throw error;
    return look(ui, ask, endpoint, chosen[0].fsPath);
  }
}

function endpointInput(value: string): Parameters<Ask['input']>[0] {
  return {
    prompt: l10n.t('Address of the EC2 interface'),
    placeholder: 'https://cloud.example.edu:4567',
    value,
    validate: (text) => {
      const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
      if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return l10n.t('Type an address that starts with https:// or http://.');
      return url.username === '' ? undefined : l10n.t('Leave the user name out: the keys are asked next.');
    },
  };
}
