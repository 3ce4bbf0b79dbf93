import * as vscode from 'vscode';

/** Opens a site in the browser. */
export async function openSite(url: string): Promise<void> {
  await vscode.env.openExternal(vscode.Uri.parse(url, true));
}
