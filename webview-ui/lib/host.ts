/** The editor's side of a webview, typed for one page. */
export interface Host<ToHost, Draft> {
  post(message: ToHost): void;
  /** What `keep` kept before the page was hidden or reloaded. */
  draft(): Draft | undefined;
  keep(draft: Draft | undefined): void;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/**
 * Connects a page with the host; call once per page. Messages come from the extension alone: the editor's frame relays nothing else.
 * @param isDraft guards what an older version of the page may have kept
 */
export function connect<ToHost, ToForm, Draft = never>(
  receive: (message: ToForm) => void,
  isDraft: (value: unknown) => value is Draft = (value): value is Draft => false,
): Host<ToHost, Draft> {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<ToForm>) => {
    receive(event.data);
  });
  return {
    post: (message) => {
      api.postMessage(message);
    },
    draft: () => {
      const kept = api.getState();
      return isDraft(kept) ? kept : undefined;
    },
    keep: (draft) => {
      api.setState(draft);
    },
  };
}
