import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import type { ListeningPort } from '../../core/remote/listening';
import { portName } from '../../core/remote/listening';
import type { TunnelKind, TunnelSpec } from '../../core/ssh/tunnels/spec';
import { parseTunnel } from '../../core/ssh/tunnels/spec';
import { ask } from '../quick/wizard';
import { tunnelLabel } from './row';

interface Item extends vscode.QuickPickItem {
  readonly answer?: TunnelSpec | 'reverse' | 'socks' | 'socket';
}

/**
 * Lets the person say what is to be forwarded: a port that something listens on, or typed as `ssh -L` writes it.
 * @param listening what the machine says; may take a moment
 * @throws CancelledError
 */
export async function pickTunnel(machine: Machine, listening: Promise<readonly ListeningPort[]>): Promise<TunnelSpec> {
  const answer = await pickForward(machine, listening);
  if (typeof answer !== 'string') return answer;
  const questions = {
    reverse: {
      title: l10n.t('Reverse tunnel from {0}', machine.name),
      prompt: l10n.t('Port of {0}, then what it leads to on this computer. Port 0 lets {0} choose.', machine.name),
      value: '8080:localhost:3000',
    },
    socks: {
      title: l10n.t('SOCKS proxy through {0}', machine.name),
      prompt: l10n.t('Port of this computer on which programs find the proxy.'),
      value: '1080',
    },
    socket: {
      title: l10n.t('Unix socket of {0}', machine.name),
      prompt: l10n.t('Port or socket here, then the socket on {0}.', machine.name),
      value: '5432:/var/run/postgresql/.s.PGSQL.5432',
    },
  } as const;
  const { title, prompt, value } = questions[answer];
  const kind: TunnelKind = answer === 'socket' ? 'local' : answer;
  const validate = (text: string): string | undefined =>
    parseTunnel(text, kind) === undefined ? l10n.t('Write it as ssh does, such as {0}.', value) : undefined;
  const text = await ask(title).input({ prompt, value, validate });
  const spec = parseTunnel(text, kind);
  if (spec === undefined) throw new CancelledError();
  return spec;
}

function pickForward(machine: Machine, listening: Promise<readonly ListeningPort[]>): Promise<NonNullable<Item['answer']>> {
  const box = vscode.window.createQuickPick<Item>();
  box.title = l10n.t('Forward a port of {0}', machine.name);
  box.placeholder = l10n.t('Choose a port, or type one: 8888, or 8080:localhost:80 as ssh -L writes it');
  box.matchOnDescription = true;
  box.ignoreFocusOut = true;
  box.busy = true;
  let found: readonly Item[] = [];
  const paint = (): void => {
    const text = box.value.trim();
    const typed = text === '' ? undefined : parseTunnel(text, 'local');
    const known = found.some((item) => item.label === `$(plug) ${text}`);
    box.items = [
      ...(typed === undefined || known ? [] : [typedItem(typed, machine)]),
      ...found,
      { label: l10n.t('other ways'), kind: vscode.QuickPickItemKind.Separator },
      {
        label: `$(arrow-left) ${l10n.t('Reverse…')}`,
        description: l10n.t('{0} reaches a port of this computer', machine.name),
        answer: 'reverse',
      },
      {
        label: `$(globe) ${l10n.t('SOCKS proxy…')}`,
        description: l10n.t('programs reach what {0} reaches', machine.name),
        answer: 'socks',
      },
      { label: `$(database) ${l10n.t('Unix socket…')}`, description: l10n.t('such as a database or Docker'), answer: 'socket' },
    ];
  };
  paint();
  listening.then(
    (ports) => {
      box.busy = false;
      found = offered(ports).map(portItem);
      paint();
    },
    () => (box.busy = false),
  );
  return new Promise<NonNullable<Item['answer']>>((resolve, reject) => {
    box.onDidChangeValue(paint);
    box.onDidAccept(() => {
      const answer = box.selectedItems[0]?.answer;
      if (answer === undefined) return;
      resolve(answer);
      box.hide();
    });
    box.onDidHide(() => {
      reject(new CancelledError());
      box.dispose();
    });
    box.show();
  });
}

function typedItem(spec: TunnelSpec, machine: Machine): Item {
  return { label: `$(plug) ${tunnelLabel(spec, machine.name, l10n)}`, alwaysShow: true, answer: spec };
}

/** What labs have names for comes first; SSH itself is there anyway. */
function offered(ports: readonly ListeningPort[]): readonly ListeningPort[] {
  const others = ports.filter(({ port }) => port !== 22);
  return [...others.filter(({ port }) => portName(port) !== undefined), ...others.filter(({ port }) => portName(port) === undefined)];
}

function portItem({ port, process, addresses }: ListeningPort): Item {
  // what listens on one other address alone is reached there
  const host = addresses.some((address) => address === '*' || address.startsWith('127.') || address === '::1') ? 'localhost' : addresses[0];
  return {
    label: `$(plug) ${port}`,
    description: [portName(port), process].filter((part) => part !== undefined).join(' · '),
    answer: { kind: 'local', listen: { host: 'localhost', port: localPort(port) }, to: { host: host ?? 'localhost', port } },
  };
}

/** Ports below 1024 are for administrators: 80 becomes 8080. */
const localPort = (port: number): number => (port < 1024 ? port + 8000 : port);
