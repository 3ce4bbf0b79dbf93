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
 * @param receive gets each message; its parameter names the type that the host sends
 * @param isDraft guards what an older version of the page may have kept; without it nothing is kept
 */
export function connect<ToHost, Draft = never>(
  receive: (message: never) => void,
  isDraft?: (value: unknown) => value is Draft,
): Host<ToHost, Draft> {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event) => {
    receive(event.data as never);
  });
  return {
    post: (message) => {
      api.postMessage(message);
    },
    draft: () => {
      const kept = api.getState();
      return isDraft?.(kept) === true ? kept : undefined;
    },
    keep: (draft) => {
      api.setState(draft);
    },
  };
}
