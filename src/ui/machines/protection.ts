import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { InstanceAttributes } from '../../core/cloud/life/ports';
import type { Machine, MachineKey } from '../../core/cloud/model';
import type { Fact } from '../model/markdown';
import type { Services } from '../services';
import type { RowNotes } from '../tree/notes';

/** Milliseconds for which an answer stands. */
const FRESH_MS = 60_000;
/** A hover does not wait longer. */
const HOVER_MS = 2_000;

/**
 * Says which machines are protected from termination. A listing does not tell, and asking for each would be two calls a machine: it is
 * asked when a hover shows it, and known after it was changed here.
 */
export class ProtectionNotes implements RowNotes {
  readonly #changed = new vscode.EventEmitter<MachineKey | undefined>();
  readonly onDidChange = this.#changed.event;
  readonly #known = new Map<MachineKey, { readonly attributes: InstanceAttributes; readonly at: number }>();

  constructor(private readonly services: Services) {}

  learn(key: MachineKey, attributes: InstanceAttributes): void {
    const before = this.#known.get(key)?.attributes.protected ?? false;
    this.#known.set(key, { attributes, at: Date.now() });
    if (before !== attributes.protected) this.#changed.fire(key);
  }

  machine(machine: Machine): string | undefined {
    if (isGone(machine)) return undefined;
    return this.#known.get(machine.key)?.attributes.protected === true ? l10n.t('protected') : undefined;
  }

  async facts(machine: Machine): Promise<readonly Fact[]> {
    if (machine.kind === 'given' || isGone(machine)) return [];
    if (!capabilitiesOf(this.services.machines.accountOf(machine.instance.accountId)).attributes) return [];
    const attributes = await this.#ask(machine);
    if (attributes === undefined) return [];
    return [
      [l10n.t('Termination protection'), attributes.protected ? l10n.t('on') : l10n.t('off')],
      [l10n.t('A shutdown from inside'), attributes.onShutdown === 'stop' ? l10n.t('stops it') : l10n.t('terminates it')],
    ];
  }

  account(): undefined {
    return undefined;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #ask(machine: Machine): Promise<InstanceAttributes | undefined> {
    const known = this.#known.get(machine.key);
    if (known !== undefined && Date.now() - known.at < FRESH_MS) return known.attributes;
    try {
      const { changes } = await this.services.machineActs();
      const attributes = await changes.attributes(machine, AbortSignal.timeout(HOVER_MS));
      this.learn(machine.key, attributes);
      return attributes;
    } catch {
      // The hover says what it can: what a cloud cannot tell is no trouble here.
      return known?.attributes;
    }
  }
}

/** Its protection ended with it. */
const isGone = (machine: Machine): boolean => machine.kind === 'instance' && machine.instance.state === 'terminated';
