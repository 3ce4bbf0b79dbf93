import https from 'node:https';

interface Page {
  readonly status: number;
  readonly url: string;
  readonly body: string;
}

/** A browser without a screen: it follows redirects, keeps cookies, and says yes for its person where GitHub asks. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /** @param host the site's name; @param address where it is; @param person the name at GitHub */
  constructor(
    private readonly host: string,
    private readonly address: string,
    private readonly person: string,
  ) {}

  async open(path: string, form?: Readonly<Record<string, string>>): Promise<Page> {
    let at = new URL(path, `https://${this.host}`);
    let answer = await this.#ask(at, form);
    for (let hops = 0; answer.location !== undefined && hops < 12; hops++) {
      at = new URL(answer.location, at);
      if (at.hostname !== this.host) {
        const back = new URL(at.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('state', at.searchParams.get('state') ?? '');
        back.searchParams.set('code', this.person);
        at = back;
      }
      answer = await this.#ask(at);
    }
    return { status: answer.status, url: at.href, body: answer.body };
  }

  /** A form with the token that the hub asks back against forged requests. */
  async submit(path: string, form: Readonly<Record<string, string>>): Promise<Page> {
    return this.open(path, { ...form, _xsrf: this.#cookies.get('_xsrf') ?? '' });
  }

  #ask(url: URL, form?: Readonly<Record<string, string>>): Promise<{ status: number; location?: string; body: string }> {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const options: https.RequestOptions = {
      host: this.address,
      servername: this.host,
      path: url.pathname + url.search,
      method: body === undefined ? 'GET' : 'POST',
      // Caddy signs names under localhost itself
      rejectUnauthorized: false,
      headers: {
        Host: this.host,
        Cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'Sec-Fetch-Mode': 'navigate',
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded', Origin: `https://${this.host}` }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = https.request(options, (response) => {
        for (const line of response.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          this.#cookies.set(name, value);
        }
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const { location } = response.headers;
          resolve({ status: response.statusCode ?? 0, body: text, ...(location === undefined ? {} : { location }) });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}
