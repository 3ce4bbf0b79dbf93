import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ListedApp } from '../../core/apps/list';
import { siteUrl } from '../../core/apps/switch';
import { appReleaseRow, appReleasesRow, appRow, appUnitRow } from '../model/appRow';
import { treeItem } from '../tree/item';
import type { AppPlace } from './place';
import { pathOfApp } from './place';

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

/** The rows below one of an application's rows. */
export function appChildren({ name, units, releases }: ListedApp, place: AppPlace): readonly string[] {
  if (place.kind === 'appReleases') return releases.map(({ release }) => pathOfApp({ kind: 'appRelease', name, id: release.id }));
  if (place.kind !== 'app') return [];
  return [...units.map((unit) => pathOfApp({ kind: 'appUnit', name, unit: unit.name })), pathOfApp({ kind: 'appReleases', name })];
}

/** @returns undefined where it is gone */
export function appItem(app: ListedApp, place: AppPlace): vscode.TreeItem | undefined {
  const now = Date.now();
  switch (place.kind) {
    case 'app': {
      const item = treeItem('', appRow(app, now, l10n), Collapsed);
      const { release, app: serving } = app.serving;
      item.tooltip = [
        app.name,
        siteUrl(serving),
        `${serving.source.git} ${serving.source.ref}`,
        `${release.commit} ${release.subject}`,
      ].join('\n');
      return item;
    }
    case 'appUnit': {
      const unit = app.units.find(({ name }) => name === place.unit);
      return unit && treeItem('', appUnitRow(unit, l10n), None);
    }
    case 'appReleases':
      return treeItem('', appReleasesRow(app, l10n), Collapsed);
    case 'appRelease': {
      const one = app.releases.find(({ release }) => release.id === place.id);
      if (!one) return undefined;
      const item = treeItem('', appReleaseRow(one, place.id === app.serving.release.id, now, l10n), None);
      item.tooltip = [one.release.commit, one.release.subject, place.id].join('\n');
      return item;
    }
  }
}

/** The row above an application's row. @returns undefined for those that hang on the branch's own row */
export function appParent(place: AppPlace): string | undefined {
  const { kind, name } = place;
  if (kind === 'app') return undefined;
  return pathOfApp({ kind: kind === 'appRelease' ? 'appReleases' : 'app', name });
}
