import { ERRNO, OneError } from './errors';
import type { Action, Call } from './server';
import type { ElasticIp } from './state';
import { answer, el, imageId, instanceId, snapshotId, volumeId } from './xml';

export const otherActions: Readonly<Record<string, Action>> = {
  DescribeRegions: ({ version, baseUrl }) =>
    answer(
      'DescribeRegions',
      version,
      `<regionInfo><item><regionName>opennebula</regionName>${el('regionEndpoint', baseUrl)}</item></regionInfo>`,
    ),
  DescribeAvailabilityZones: ({ version }) =>
    answer(
      'DescribeAvailabilityZones',
      version,
      '<availabilityZoneInfo><item><zoneName>opennebula</zoneName><zoneState>available</zoneState><regionName>opennebula</regionName></item></availabilityZoneInfo>',
    ),
  CreateKeyPair: ({ params, cloud, version }) => {
    const name = params.get('KeyName') ?? '';
    const made = cloud.newKeyPair(name);
    return answer(
      'CreateKeyPair',
      version,
      el('keyName', name),
      el('keyFingerprint', made.fingerprint),
      `<keyMaterial>${made.privateKey}</keyMaterial>`,
    );
  },
  DescribeKeyPairs: ({ cloud, version }) => {
    const items = [...cloud.keyPairs].map(([name, kept]) => `<item>${el('keyName', name)}${el('keyFingerprint', kept.fingerprint)}</item>`);
    return answer('DescribeKeyPairs', version, `<keySet>${items.join('')}</keySet>`);
  },
  DeleteKeyPair: ({ params, cloud, version }) => {
    const name = params.get('KeyName') ?? '';
    const used = cloud.vms.some((vm) => vm.keyName === name && vm.status !== 'done');
    return answer('DeleteKeyPair', version, el('return', String(!used && cloud.keyPairs.delete(name))));
  },
  AllocateAddress: (call) => {
    const free = call.cloud.elasticIps.find((one) => !one.held);
    if (free === undefined) throw new OneError('There is no lease available to be allocated', ERRNO.local, 'AddressLimitExceeded');
    free.held = true;
    call.update(() => (free.user = call.user));
    return answer('AllocateAddress', call.version, el('publicIp', free.ip));
  },
  ReleaseAddress: (call) => {
    const address = ownAddress(call);
    address.held = false;
    call.update(() => {
      delete address.user;
      delete address.vmId;
    });
    return answer('ReleaseAddress', call.version, '<return>true</return>');
  },
  AssociateAddress: (call) => {
    const address = ownAddress(call);
    const vm = call.cloud.vms.find((one) => instanceId(one.id) === call.params.get('InstanceId'));
    if (vm === undefined) throw new OneError('[VirtualMachineInfo] Error getting virtual machine.', ERRNO.noExists);
    if (vm.addresses.length === 0) throw new OneError('The instance does not have any NIC');
    call.options.onAssociate?.(address.ip, vm);
    call.update(() => (address.vmId = vm.id));
    return answer('AssociateAddress', call.version, '<return>true</return>');
  },
  DisassociateAddress: (call) => {
    const address = ownAddress(call, ' or is not associated with any instance');
    if (address.vmId === undefined) throw new OneError(`address:${address.ip} does not exist or is not associated with any instance`);
    call.update(() => delete address.vmId);
    return answer('DisassociateAddress', call.version, '<return>true</return>');
  },
  DescribeAddresses: ({ cloud, user, version }) => {
    const items = cloud.elasticIps
      .filter((one) => one.held && one.user === user)
      .map(
        ({ ip, vmId }) => `<item>
          ${el('publicIp', ip)}
          <domain>standard</domain>
          ${vmId === undefined ? '<instanceId/>' : el('instanceId', instanceId(vmId))}
          <associationId/>
          <allocationId/>
        </item>`,
      );
    return answer('DescribeAddresses', version, `<addressesSet>${items.join('')}</addressesSet>`);
  },
  CreateTags: (call) => {
    const tags = wantedTags(call);
    for (const key of tags.keys())
      // Keys become names of XML elements; the core's answer to a bad one is an internal error.
      if (!/^[A-Za-z_][\w.-]*$/.test(key)) throw new OneError('[VirtualMachineUpdateTemplate] Cannot parse template.', ERRNO.internal);
    for (const resource of resources(call)) for (const [key, value] of tags) resource.set(key.toUpperCase(), value);
    return answer('CreateTags', '2013-06-15', '<return>true</return>');
  },
  DeleteTags: (call) => {
    for (const resource of resources(call)) for (const key of wantedTags(call).keys()) resource.delete(key.toUpperCase());
    return answer('DeleteTags', '2013-06-15', '<return>true</return>');
  },
  DescribeTags: ({ cloud }) => {
    const item = (id: string, type: string, tags: ReadonlyMap<string, string>) =>
      [...tags]
        .filter(([, value]) => value !== '')
        .map(([key, value]) => `<item>${el('resourceId', id)}${el('resourceType', type)}${el('key', key)}${el('value', value)}</item>`);
    const ofImages = cloud.images.flatMap((one) => {
      if (one.snapshot) return item(snapshotId(one.id), 'snapshot', one.tags);
      return one.type === 'OS' ? item(imageId(one.id), 'image', one.tags) : item(volumeId(one.id), 'volume', one.tags);
    });
    const ofVms = cloud.vms.flatMap((vm) => item(instanceId(vm.id), 'instance', vm.tags));
    return answer('DescribeTags', '2013-06-15', `<tagSet>${[...ofImages, ...ofVms].join('')}</tagSet>`);
  },
};

function ownAddress({ params, cloud, user }: Call, or = ''): ElasticIp {
  const ip = params.get('PublicIp') ?? '';
  const found = cloud.elasticIps.find((one) => one.ip === ip && one.user === user);
  if (found === undefined) throw new OneError(`address:${ip} does not exist${or}`);
  return found;
}

function wantedTags({ params }: Call): ReadonlyMap<string, string> {
  const keys = [...params].filter(([key]) => /^Tag\.\d+\.Key$/.test(key));
  return new Map(keys.map(([key, name]) => [name, params.get(key.replace(/Key$/, 'Value')) ?? '']));
}

function resources({ params, cloud }: Call): readonly Map<string, string>[] {
  return [...params]
    .filter(([key]) => key.startsWith('ResourceId.'))
    .map(([, id]) => {
      const vm = cloud.vms.find((one) => instanceId(one.id) === id);
      const image = cloud.images.find(
        (one) =>
          (one.snapshot && snapshotId(one.id) === id) ||
          (one.type === 'OS' && imageId(one.id) === id) ||
          (one.type === 'DATABLOCK' && volumeId(one.id) === id),
      );
      const found = vm ?? image;
      if (found === undefined) throw new OneError(`Error getting ${id}`, ERRNO.noExists, 'InvalidInstanceID.NotFound');
      return found.tags;
    });
}
