import { ERRNO, OneError } from './errors';
import type { Action, Call } from './server';
import type { Vm, VmStatus } from './state';
import { answer, dateTime, el, imageId, instanceId } from './xml';

const EC2_STATES: Readonly<Record<VmStatus, readonly [code: number, name: string]>> = {
  pend: [0, 'pending'],
  prol: [0, 'pending'],
  runn: [16, 'running'],
  epil: [32, 'shutting-down'],
  shut: [32, 'shutting-down'],
  poff: [80, 'stopped'],
  susp: [80, 'stopped'],
  done: [48, 'terminated'],
  unkn: [48, 'terminated'],
};

/** Milliseconds for which a terminated machine is still listed. */
const SHOWN_MS = 900_000;

export const machineActions: Readonly<Record<string, Action>> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  TerminateInstances: (call) =>
    perform(call, 'TerminateInstances', (vm) => {
      if (vm.status === 'runn') call.cloud.shutDown(vm, 'done');
      else {
        vm.status = 'done';
        vm.endedAt = Date.now();
        delete vm.next;
      }
    }),
  StopInstances: (call) =>
    perform(call, 'StopInstances', (vm) => {
      if (vm.status !== 'runn') throw wrongState('poweroff', vm);
      call.cloud.shutDown(vm, 'poff');
    }),
  StartInstances: (call) =>
    perform(call, 'StartInstances', (vm) => {
      if (vm.status !== 'poff' && vm.status !== 'susp') throw wrongState('resume', vm);
      call.cloud.resume(vm);
    }),
  RebootInstances: (call) =>
    perform(call, 'RebootInstances', (vm) => {
      if (vm.status !== 'runn') throw wrongState('reboot', vm);
      call.options.onReboot?.(vm);
    }),
};

function wrongState(act: string, vm: Vm): OneError {
  return new OneError(
    `[VirtualMachineAction] Error performing action "${act}": Wrong state to perform action on VM [${vm.id}]`,
    ERRNO.action,
  );
}

/** Filters, tags, groups, disks, DryRun and the like are ignored without a word. */
async function runInstances(call: Call): Promise<string> {
  const { params, cloud, options } = call;
  const token = params.get('ClientToken');
  // Of several machines only the first is found again.
  const before = token === undefined ? undefined : cloud.vms.find((vm) => vm.token === token);
  if (before !== undefined) return started(call, [before]);
  const image = cloud.images.find((one) => imageId(one.id) === params.get('ImageId') && one.ec2Ami);
  if (image === undefined) throw new OneError('[ImageInfo] Error getting image.', ERRNO.noExists, 'InvalidAMIID.NotFound');
  const type = params.get('InstanceType') ?? '';
  const noSuchType = 'InvalidInstanceAttributeValue.NotFound';
  if (!options.types.includes(type)) throw new OneError(`${noSuchType} ${type}`, ERRNO.local, noSuchType);
  const max = Number(params.get('MaxCount') ?? 1);
  const min = Number(params.get('MinCount') ?? max);
  const room = Math.max(0, options.room - cloud.vms.filter((vm) => vm.status !== 'done').length);
  if (room < min) throw new OneError('[TemplateInstantiate] user [2] limit of 2 reached for VMS quota in VM.', ERRNO.allocate);
  const keyName = params.get('KeyName');
  const made: Vm[] = [];
  for (let n = 0; n < Math.min(max, room); n++) {
    const publicKey = cloud.keyPairs.get(keyName ?? '')?.publicKey ?? '';
    const vm = cloud.addVm({
      imageId: imageId(image.id),
      type,
      keyName,
      publicKey,
      userData: params.get('UserData'),
      token,
      addresses: options.addressOf(cloud.vms.length),
    });
    const addresses = await options.onLaunch?.(vm);
    if (addresses !== undefined) vm.addresses = addresses;
    made.push(vm);
  }
  return started(call, made);
}

function started(call: Call, vms: readonly Vm[]): string {
  return answer('RunInstances', call.version, reservation(call, vms));
}

function describeInstances(call: Call): string {
  const { params, cloud } = call;
  const wanted = [...params].filter(([key]) => key.startsWith('InstanceId.')).map(([, id]) => id);
  for (const id of wanted)
    if (!cloud.vms.some((vm) => instanceId(vm.id) === id))
      throw new OneError(`[VirtualMachineInfo] Error getting virtual machine [${id}].`, ERRNO.noExists, 'InvalidInstanceID.NotFound');
  // A machine that is "terminated" without an end, such as one whose host is lost, is in no listing.
  const listed = cloud.vms.filter((vm) => EC2_STATES[vm.status][1] !== 'terminated' || Date.now() - vm.endedAt < SHOWN_MS);
  const shown = listed.filter((vm) => wanted.length === 0 || wanted.includes(instanceId(vm.id)));
  return answer('DescribeInstances', call.version, `<reservationSet><item>${reservation(call, shown)}</item></reservationSet>`);
}

function reservation({ params }: Call, vms: readonly Vm[]): string {
  return `<reservationId>default</reservationId>
    <ownerId>${params.get('AWSAccessKeyId') ?? ''}</ownerId>
    <groupSet><item><groupId>default</groupId></item></groupSet>
    <instancesSet>${vms.map(instance).join('')}</instancesSet>`;
}

function instance(vm: Vm): string {
  const addresses = vm.addresses.join(', ');
  return `<item>
    ${el('instanceId', instanceId(vm.id))}
    ${el('imageId', vm.imageId)}
    <instanceState>${state(vm)}</instanceState>
    ${el('privateDnsName', addresses)}
    ${el('dnsName', addresses)}
    ${el('privateIpAddress', addresses)}
    ${el('keyName', vm.keyName ?? 'none')}
    ${el('amiLaunchIndex', vm.id)}
    <productCodes/>
    ${el('instanceType', vm.type)}
    ${el('launchTime', dateTime(vm.startedAt))}
    <placement><availabilityZone>default</availabilityZone></placement>
    <kernelId>eki-EA801065</kernelId>
    <ramdiskId>eri-1FEE1144</ramdiskId>
    <monitoring><state>disabled</state></monitoring>
  </item>`;
}

function state(vm: Vm): string {
  const [code, name] = EC2_STATES[vm.status];
  return `${el('code', code)}${el('name', name)}`;
}

/** Ids without a dash are passed over, which is no error. */
function perform(call: Call, action: string, act: (vm: Vm) => void): string {
  const { params, cloud } = call;
  const items: string[] = [];
  for (const [key, id] of params) {
    if (!key.startsWith('InstanceId.')) continue;
    if (!id.includes('-')) continue;
    const vm = cloud.vms.find((one) => instanceId(one.id) === id);
    if (vm === undefined)
      throw new OneError('[VirtualMachineInfo] Error getting virtual machine.', ERRNO.noExists, 'InvalidInstanceID.NotFound');
    const previous = state(vm);
    act(vm);
    items.push(`<item>${el('instanceId', id)}<currentState>${state(vm)}</currentState><previousState>${previous}</previousState></item>`);
  }
  if (action === 'RebootInstances') return answer(action, call.version, '<return>true</return>');
  return answer(action, call.version, `<instancesSet>${items.join('')}</instancesSet>`);
}
