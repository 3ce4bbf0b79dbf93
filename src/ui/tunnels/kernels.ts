import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Secret } from '../../core/secret';

const JUPYTER = 'ms-toolsai.jupyter';

/** The part of the Jupyter extension's public API that is used (its `api.d.ts`; stable since 2023). */
interface JupyterApi {
  createJupyterServerCollection(id: string, label: string, provider: ServerProvider): vscode.Disposable;
}

interface ServerProvider {
  readonly onDidChangeServers: vscode.Event<void>;
  provideJupyterServers(): readonly Server[];
  resolveJupyterServer(server: { readonly id: string }): Server | undefined;
}

interface Server {
  readonly id: string;
  readonly label: string;
  readonly connectionInformation: { readonly baseUrl: vscode.Uri; readonly token?: string };
}

/** Offers servers behind tunnels to the Jupyter extension, where it is installed. */
export class JupyterKernels implements vscode.Disposable {
  readonly #servers = new Map<string, Server>();
  readonly #changed = new vscode.EventEmitter<void>();
  #collection: vscode.Disposable | undefined;

  /** @returns false where there is nobody to offer it to */
  async offer(label: string, baseUrl: string, token: Secret | undefined): Promise<boolean> {
    const extension = vscode.extensions.getExtension<unknown>(JUPYTER);
    if (extension === undefined) return false;
    const api = await extension.activate();
    if (!isJupyterApi(api)) return false;
    const connectionInformation = { baseUrl: vscode.Uri.parse(baseUrl, true), ...(token === undefined ? {} : { token: token.reveal() }) };
    this.#servers.set(baseUrl, { id: baseUrl, label, connectionInformation });
    this.#collection ??= api.createJupyterServerCollection('skylab', l10n.t('Skylab'), {
      onDidChangeServers: this.#changed.event,
      provideJupyterServers: () => [...this.#servers.values()],
      resolveJupyterServer: ({ id }) => this.#servers.get(id),
    });
    this.#changed.fire();
    return true;
  }

  dispose(): void {
    this.#collection?.dispose();
    this.#changed.dispose();
  }
}

function isJupyterApi(value: unknown): value is JupyterApi {
  return (
    typeof value === 'object' &&
    value !== null &&
    'createJupyterServerCollection' in value &&
    typeof value.createJupyterServerCollection === 'function'
  );
}
