import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../editor/bed';

export type ThemeName = 'dark' | 'light' | 'contrast';

/** What the editor puts on a webview's page for a theme. */
export interface Theme {
  readonly bodyClass: string;
  /** `--vscode-…` by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The editor's own variables, as dumpThemes.ts has read them from it. */
export function theme(name: ThemeName): Theme {
  const themes = JSON.parse(readFileSync(path.join(root, 'test/fixtures/themes.json'), 'utf8')) as Record<ThemeName, Theme>;
  return themes[name];
}
