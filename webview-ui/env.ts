import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { TemplateResult } from 'lit';
import { LitElement, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { EnvForm, EnvToForm, EnvToHost } from '../src/shared/envModel';
import { envPage } from './env/form';
import type { SecretFormat } from './env/model';
import { envStyles } from './env/styles';
import { connect } from './lib/host';
import { icons } from './lib/icons';
import { fieldStyles, pageStyles, valueStyles } from './lib/styles';

/** The form over a `.env` file. The document is the host's: what is typed goes there at once, and nothing is kept here. */
@customElement('skylab-env')
export class EnvPage extends LitElement {
  static override readonly styles = [pageStyles, fieldStyles, valueStyles, envStyles];

  @state() private form: EnvForm | undefined;
  @state() private broken: { readonly message: string; readonly line?: number } | undefined;
  /** What was typed and has not come back from the document yet, with the number of its message. */
  @state() private typed: ReadonlyMap<string, { readonly value: string; readonly count: number }> = new Map();
  /** Passwords that are typed to be hashed; they never go into the document. */
  @state() private passwords: ReadonlyMap<string, string> = new Map();
  @state() private hashing: ReadonlySet<string> = new Set();
  @state() private said: ReadonlyMap<string, string> = new Map();
  @state() private revealed: ReadonlySet<string> = new Set();
  @state() private recipes: ReadonlyMap<string, { readonly bytes: number; readonly format: SecretFormat }> = new Map();
  @state() private search = '';
  #count = 0;

  readonly #host = connect<EnvToHost>((message: EnvToForm) => this.#receive(message));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#host.post({ type: 'ready' });
  }

  #receive(message: EnvToForm): void {
    switch (message.type) {
      case 'form':
        this.form = message.form;
        this.broken = undefined;
        this.typed = new Map([...this.typed].filter(([, { count }]) => count > message.count));
        return;
      case 'broken':
        this.broken = message;
        return;
      case 'hashed': {
        this.hashing = without(this.hashing, message.key);
        const { key, problem } = message;
        this.said = new Map([...this.said, [key, problem ?? '']]);
        if (problem === undefined) this.passwords = new Map([...this.passwords].filter(([other]) => other !== key));
        return;
      }
    }
  }

  #set(key: string, value: string): void {
    this.#count++;
    this.typed = new Map([...this.typed, [key, { value, count: this.#count }]]);
    this.#host.post({ type: 'set', key, value, count: this.#count });
  }

  #hash(key: string): void {
    const password = this.passwords.get(key) ?? '';
    if (password === '' || this.hashing.has(key)) return;
    this.hashing = new Set([...this.hashing, key]);
    this.#host.post({ type: 'hash', key, password });
  }

  protected override render(): TemplateResult {
    const { form, broken } = this;
    if (broken) return this.#broken(broken);
    if (!form) return html`<main class="page" aria-busy="true"></main>`;
    return envPage({
      form,
      search: this.search,
      valueOf: (field) => this.typed.get(field.key)?.value ?? field.value,
      passwordOf: (key) => this.passwords.get(key) ?? '',
      said: this.said,
      hashing: this.hashing,
      revealed: this.revealed,
      recipeOf: (key) => this.recipes.get(key),
      find: (text) => {
        this.search = text;
      },
      set: (key, value) => this.#set(key, value),
      leave: () => this.#host.post({ type: 'leave' }),
      typePassword: (key, value) => {
        this.passwords = new Map([...this.passwords, [key, value]]);
        this.said = new Map([...this.said].filter(([other]) => other !== key));
      },
      hash: (key) => this.#hash(key),
      reveal: (key, on) => {
        this.revealed = (on ?? !this.revealed.has(key)) ? new Set([...this.revealed, key]) : without(this.revealed, key);
      },
      cook: (key, recipe) => {
        this.recipes = new Map([...this.recipes, [key, recipe]]);
      },
      add: (keys) => this.#host.post({ type: 'add', keys }),
      mend: (key, mend) => this.#host.post({ type: 'mend', key, mend }),
      openText: (line) => this.#host.post({ type: 'openText', ...(line === undefined ? {} : { line }) }),
    });
  }

  #broken({ message, line }: { readonly message: string; readonly line?: number }): TemplateResult {
    return html`<main class="page">
      <h1>${this.form?.name ?? 'Environment'}</h1>
      <div class="banner failed note" role="alert">${icons.error}<span>${message}</span></div>
      <vscode-button @click=${() => this.#host.post({ type: 'openText', ...(line === undefined ? {} : { line }) })}
        >Open as text</vscode-button
      >
    </main>`;
  }
}

function without<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return new Set([...set].filter((other) => other !== item));
}

document.body.append(document.createElement('skylab-env'));
