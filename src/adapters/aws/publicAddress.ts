import { isIP } from 'node:net';
import type { PublicAddress } from '../../core/cloud/ports';
import { CancelledError, SkylabError } from '../../core/errors';

/** AWS's own answer to "what is my address"; IPv4 only. */
export const CHECK_ADDRESS_URL = 'https://checkip.amazonaws.com';
const TIMEOUT_MS = 5_000;

/** Asks web services that answer with the caller's address as plain text. */
export class HttpPublicAddress implements PublicAddress {
  /** @param urls one per address family, or a function that reads them from the settings at each call */
  constructor(private readonly urls: readonly string[] | (() => readonly string[]) = [CHECK_ADDRESS_URL]) {}

  async find(signal?: AbortSignal): Promise<readonly string[]> {
    const urls = typeof this.urls === 'function' ? this.urls() : this.urls;
    const answers = await Promise.allSettled(urls.map((url) => ask(url, signal)));
    if (signal?.aborted === true) throw new CancelledError();
    const found = [...new Set(answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : [])))];
    if (found.length > 0) return found;
    const failure: unknown = answers.find((a) => a.status === 'rejected')?.reason;
    throw new SkylabError(`Can't find out this computer's public address: ${urls.join(' and ')} did not tell.`, {
      next: 'Check the network, set another service under skylab.publicAddressUrl, or choose an existing security group.',
      code: 'NoPublicAddress',
      cause: failure,
    });
  }
}

async function ask(url: string, signal: AbortSignal | undefined): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]), redirect: 'error' });
  const text = (await response.text()).trim();
  if (!response.ok || isIP(text) === 0) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 80)}`);
  return text;
}
