export interface PageOptions {
  readonly title: string;
  /** Address of the page's script as the webview sees it. */
  readonly scriptUri: string;
  /** `webview.cspSource` */
  readonly cspSource: string;
  /** New for every page. */
  readonly nonce: string;
}

/**
 * The document of a webview: one script, nothing inline but a style with the nonce, nothing from the network.
 * Styles of the components are constructed in script, which no style-src has to allow.
 */
export function pageHtml({ title, scriptUri, cspSource, nonce }: PageOptions): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; font-src ${cspSource}; img-src ${cspSource}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">body { padding: 0 24px; } @media (max-width: 480px) { body { padding: 0 12px; } }</style>
</head>
<body>
<script nonce="${nonce}" src="${escapeHtml(scriptUri)}"></script>
</body>
</html>`;
}

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
