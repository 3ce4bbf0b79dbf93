import * as vscode from 'vscode';
import { createServices } from './container';
import { registerUi } from './ui/register';
import { Settings } from './ui/settings';

/** Builds the services and registers everything that the editor shows; loads no cloud or SSH code. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Skylab', { log: true });
  const settings = new Settings();
  const services = createServices(context, settings, log);
  context.subscriptions.push(log, services, registerUi(context, services, settings, log));
}
