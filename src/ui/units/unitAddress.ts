import * as vscode from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import { authorityOf } from '../model/fileAddress';

/** The scheme of a machine's unit files in the editor: `skylab-unit://<machine>/<path below /etc/systemd/system>`. */
export const UNIT_SCHEME = 'skylab-unit';

export const unitAddress = (key: MachineKey, path: string): vscode.Uri =>
  vscode.Uri.from({ scheme: UNIT_SCHEME, authority: authorityOf(key), path: `/${path}` });
