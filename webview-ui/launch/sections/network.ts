import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { NetworkSpec } from '../../../src/shared/launchMore';
import { remark, selectField } from '../../lib/fields';
import { tick } from '../../lib/rows';
import { prunedWhole } from '../edits';
import { networkSaid, networkWarning, subnetOf } from '../said';
import type { FormState } from '../state';
import { section } from './section';

/** Where the machine stands: zone or subnet, and its addresses. */
export function networkSection(form: FormState): TemplateResult {
  const { data, spec } = form;
  const network = spec.network ?? {};
  const change = (next: NetworkSpec): void => form.change({ network: prunedWhole<NetworkSpec>(next) });
  const subnet = subnetOf(data, spec);
  return section(form, {
    id: 'network',
    title: 'Network',
    said: networkSaid(data, spec),
    fields: ['network'],
    body: () => [
      html`<div class="pair">
        ${selectField({
          id: 'network-zone',
          label: 'Zone',
          value: network.zone ?? '',
          problem: form.problem('network.zone'),
          options: [{ value: '', label: 'Any zone' }, ...data.offers.zones.map((zone) => ({ value: zone, label: zone }))],
          onInput: (zone) => change({ ...network, zone, subnetId: '' }),
        })}
        ${selectField({
          id: 'network-subnet',
          label: 'Subnet',
          value: network.subnetId ?? '',
          problem: form.problem('network.subnetId'),
          options: [
            { value: '', label: 'The default of the zone' },
            ...data.offers.subnets
              .filter(({ zone }) => network.zone === undefined || zone === network.zone)
              .map(({ id, label }) => ({ value: id, label })),
          ],
          help: subnet === undefined ? undefined : `${subnet.freeAddresses.toLocaleString('en-US')} addresses free`,
          onInput: (subnetId) => change({ ...network, subnetId }),
        })}
      </div>`,
      remark(networkWarning(data, spec)),
      selectField({
        id: 'network-publicAddress',
        label: 'Public address',
        value: network.publicAddress ?? 'subnet',
        problem: form.problem('network.publicAddress'),
        options: [
          { value: 'subnet', label: 'As the subnet says' },
          { value: 'yes', label: 'Yes; another one after each stop and start' },
          ...(data.capabilities.addresses ? [{ value: 'elastic', label: 'Elastic: one that stays' }] : []),
          { value: 'no', label: 'None: reached from inside the network only' },
        ],
        onInput: (value) =>
          change({ ...network, publicAddress: value === 'subnet' ? undefined : (value as NetworkSpec['publicAddress']) } as NetworkSpec),
      }),
      tick('An IPv6 address as well', network.ipv6 === true, (ipv6) => change({ ...network, ipv6 })),
      network.ipv6 === true && subnet?.ipv6 === false ? remark('The subnet has no IPv6 addresses to give.') : nothing,
    ],
  });
}
