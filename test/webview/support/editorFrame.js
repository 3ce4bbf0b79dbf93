// Runs in a page before its own script: what the editor's frame does around an extension's document.
// THEME is put before this text by webviewPage.ts.
window.posted = [];
window.acquireVsCodeApi = () => ({
  postMessage: (message) => window.posted.push(structuredClone(message)),
  getState: () => JSON.parse(sessionStorage.getItem('state')) ?? undefined,
  setState: (state) => sessionStorage.setItem('state', JSON.stringify(state ?? null)),
});
document.addEventListener('DOMContentLoaded', () => {
  for (const [name, value] of Object.entries(THEME.variables)) document.documentElement.style.setProperty(name, value);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${THEME.css} html { background: var(--vscode-editor-background); }`);
  document.adoptedStyleSheets = [sheet];
  document.body.className = THEME.bodyClass;
});
