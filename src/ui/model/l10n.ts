/** The part of `vscode.l10n` that view models need, so that they run without the editor. */
export interface L10n {
  t(message: string, ...args: (string | number | boolean)[]): string;
}
