import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ImageNews } from '../../core/deploy/stacks/newer';
import type { Stacks } from '../../core/deploy/stacks/stacks';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Chosen } from './choose';

/** Characters of a digest that are shown, as Docker does. */
const SHORT = 19;

/** Asks the registries from the machine, and shows image by image what they have; the update is one choice away. */
export async function showNewer(chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine, name } = chosen;
  const news = await busy(l10n.t('Asking the registries of {0} from {1}', name, machine.name), (signal) =>
    stacks.newer(machine, name, signal),
  );
  const newer = news.filter(({ state }) => state === 'newer');
  const node = { kind: 'branch', branch: 'deployments', key: machine.key, path: `stack|${name}` };
  const update = () => vscode.commands.executeCommand('skylab.deployment.pull', node);
  const items = [
    ...(newer.length === 0
      ? []
      : [
          {
            label: `$(cloud-download) ${l10n.t('Pull and update')}`,
            description: '',
            detail: newer.map(({ image }) => image).join(', '),
            value: update,
          },
        ]),
    ...news.map((one) => ({ ...row(one), value: undefined })),
  ];
  const placeholder =
    news.length === 0
      ? l10n.t('{0} has no containers there now', name)
      : newer.length === 0
        ? l10n.t('Nothing newer is known')
        : l10n.t('{0} of {1} images are newer at their registry', newer.length, news.length);
  await (
    await ask(l10n.t('Images of {0} on {1}', name, machine.name)).pick<(() => unknown) | undefined>({ placeholder, items })
  )?.();
}

function row({ image, services, state, here, there, why }: ImageNews): { label: string; description: string; detail: string } {
  const short = (digest: string | undefined): string => (digest ?? '').slice(0, SHORT);
  const [icon, word, detail] = {
    same: ['pass', l10n.t('the same as at the registry'), short(here)] as const,
    newer: ['arrow-up', l10n.t('newer at the registry'), l10n.t('Here {0}, there {1}', short(here), short(there))] as const,
    local: ['tools', l10n.t('made on the machine'), ''] as const,
    pinned: ['pin', l10n.t('fixed by its digest'), short(here)] as const,
    unknown: ['question', l10n.t('not known'), why ?? ''] as const,
  }[state];
  return { label: `$(${icon}) ${image}`, description: `${services.join(', ')} · ${word}`, detail };
}
