import https from 'node:https';

/** What a browser would get from a site on a machine, asked at the machine's address with the site's name. */
export function statusOf(address: string, name: string, credentials?: { user: string; password: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: address,
        servername: name,
        path: '/api',
        timeout: 5_000,
        // The practice cloud's sites are signed by Caddy's own authority, since no public one can reach them.
        rejectUnauthorized: false,
        headers: { host: name },
        ...(credentials && { auth: `${credentials.user}:${credentials.password}` }),
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`${address} did not answer within 5 s`)));
    request.on('error', reject);
    request.end();
  });
}

/** Asks until the wanted status comes or the time is over. @param limitMs milliseconds */
export async function untilStatus(wanted: number, limitMs: number, ask: () => Promise<number>): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    const last = await ask().catch((error: unknown) => error);
    if (last === wanted) return;
    if (Date.now() > end) throw new Error(`Wanted ${wanted}, last saw ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
