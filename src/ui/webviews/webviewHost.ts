import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Operation } from '../../core/operations/operations';
import type { Services } from '../services';
import type { Settings } from '../settings';
import { pageHtml } from './html';

/** What panels need of the editor's side; `Ui` has it. */
export interface PanelContext {
  readonly services: Pick<
    Services,
    'accounts' | 'machines' | 'memento' | 'homeDir' | 'launcher' | 'launchCatalog' | 'tryLaunch' | 'prices' | 'deployer'
  >;
  readonly settings: Pick<Settings, 'costWarnPerDay'>;
  readonly extensionUri: vscode.Uri;
  readonly errors: { run(act: () => unknown): Promise<void> };
  readonly documents: {
    showLog(operation: Operation): Promise<void>;
    showChange(title: string, name: string, before: string, after: string): Promise<void>;
  };
}

export interface WebviewPage<ToHost> {
  readonly viewType: string;
  readonly title: string;
  /** Name of the script under dist/webview, without its ending. */
  readonly script: 'launch' | 'deploy' | 'env';
  /** The webview is untrusted: undefined for what is no message, which is then dropped. */
  parse(value: unknown): ToHost | undefined;
  receive(message: ToHost): unknown;
  closed(): void;
}

/**
 * A panel with one of Skylab's pages. It is not kept alive while hidden: the page says `ready` whenever it is shown anew,
 * and what is posted meanwhile is lost, so receivers answer `ready` with everything there is to show.
 */
export class WebviewHost<ToHost, ToForm> implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;

  /** @param given the editor's own panel, where the page is an editor of a file */
  constructor(context: PanelContext, page: WebviewPage<ToHost>, given?: vscode.WebviewPanel) {
    const { extensionUri, errors } = context;
    const dist = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    const roots = [dist, vscode.Uri.joinPath(extensionUri, 'media')];
    const options = { enableScripts: true, localResourceRoots: roots };
    this.#panel = given ?? vscode.window.createWebviewPanel(page.viewType, page.title, vscode.ViewColumn.Active, options);
    const { webview } = this.#panel;
    if (given) webview.options = options;
    webview.onDidReceiveMessage((value: unknown) => {
      const message = page.parse(value);
      if (message !== undefined) void errors.run(() => page.receive(message));
    });
    this.#panel.onDidDispose(() => page.closed());
    webview.html = pageHtml({
      title: page.title,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(dist, `${page.script}.js`)).toString(),
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
    });
  }

  post(message: ToForm): void {
    void this.#panel.webview.postMessage(message);
  }

  set title(title: string) {
    this.#panel.title = title;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }
}
