import { createHash } from 'node:crypto';
import { Crash, ERRNO, OneError } from './errors';
import type { Action, Call } from './server';
import type { OneImage } from './state';
import { answer, dateTime, el, imageId, instanceId, octalId, snapshotId, volumeId } from './xml';

export const storageActions: Readonly<Record<string, Action>> = {
  UploadImage: uploadImage,
  RegisterImage: registerImage,
  DescribeImages: describeImages,
  CreateVolume: createVolume,
  DescribeVolumes: describeVolumes,
  AttachVolume: attachVolume,
  DetachVolume: detachVolume,
  DeleteVolume: (call) => {
    const volume = volumeOf(call, call.params.get('VolumeId'));
    if (volume.state === 'USED') throw new OneError(`[ImageDelete] Cannot delete image, it is in use.`, ERRNO.action);
    remove(call, volume);
    return answer('DeleteVolume', call.version, '<return>true</return>');
  },
  CreateSnapshot: createSnapshot,
  DescribeSnapshots: describeSnapshots,
  DeleteSnapshot: (call) => {
    const wanted = call.params.get('SnapshotId');
    const snapshot = call.cloud.images.find((one) => one.snapshot && snapshotId(one.id) === wanted);
    if (snapshot === undefined) throw new OneError('Error getting image', ERRNO.noExists, 'InvalidSnapshot.NotFound');
    remove(call, snapshot);
    return answer('DeleteSnapshot', '2013-06-15', '<return>true</return>');
  },
};

const STATUS = { READY: 'available', USED: 'in-use', LOCKED: 'creating' } as const;

function remove({ cloud }: Call, image: OneImage): void {
  cloud.images.splice(cloud.images.indexOf(image), 1);
}

function uploadImage(call: Call): string {
  const { file, cloud } = call;
  if (file === undefined) throw new Crash('undefined method `[]` for nil:NilClass');
  const sha256 = createHash('sha256').update(file).digest('hex');
  const name = `ec2-${crypto.randomUUID()}`;
  const image = cloud.addImage({ name, type: 'OS', sizeMiB: Math.ceil(file.length / 2 ** 20), upload: { sha256, bytes: file.length } });
  return answer('RegisterImage', call.version, el('imageId', imageId(image.id)));
}

function registerImage(call: Call): string {
  const wanted = (call.params.get('ImageLocation') ?? '').replace(/^ami-/, '');
  const image = call.cloud.images.find((one) => one.id === Number(wanted));
  if (image === undefined) throw new OneError(`[ImageInfo] Error getting image [${wanted}].`, ERRNO.noExists);
  if (image.type === 'DATABLOCK') throw new OneError('The image you are trying to register is already a volume');
  call.update(() => (image.ec2Ami = true));
  return answer('RegisterImage', call.version, el('imageId', imageId(image.id)));
}

function describeImages(call: Call): string {
  const wanted = [...call.params].filter(([key]) => key.startsWith('ImageId.')).map(([, id]) => id);
  const registered = call.cloud.images.filter((one) => one.ec2Ami);
  for (const id of wanted) {
    if (!id.startsWith('ami-')) throw new OneError(`InvalidAMIID.Malformed ${id}`, ERRNO.local, 'InvalidAMIID.Malformed');
    if (!registered.some((one) => imageId(one.id) === id))
      throw new OneError(`[ImageInfo] Error getting image [${id}].`, ERRNO.noExists, 'InvalidAMIID.NotFound');
  }
  const shown = registered.filter((one) => wanted.length === 0 || wanted.includes(imageId(one.id)));
  const items = shown.map(
    (one) => `<item>
      ${el('imageId', imageId(one.id))}
      ${el('imageLocation', one.name)}
      <imageState>available</imageState>
      <imageOwnerId/>
      <isPublic>false</isPublic>
      <architecture>i386</architecture>
      <imageType>machine</imageType>
      ${el('name', one.name)}
    </item>`,
  );
  return answer('DescribeImages', call.version, `<imagesSet>${items.join('')}</imagesSet>`);
}

function createVolume(call: Call): string {
  const { params, cloud } = call;
  const from = params.get('SnapshotId');
  const snapshot = from === undefined ? undefined : cloud.images.find((one) => one.snapshot && snapshotId(one.id) === from);
  if (from !== undefined && snapshot === undefined) throw new OneError('Error getting image', ERRNO.noExists, 'InvalidSnapshot.NotFound');
  const sizeMiB = snapshot?.sizeMiB ?? Math.trunc(Number(params.get('Size') ?? 0)) * 1024;
  const volume = cloud.addImage({ name: `ec2-vol-${crypto.randomUUID()}`, type: 'DATABLOCK', sizeMiB });
  return answer(
    'CreateVolume',
    call.version,
    el('volumeId', volumeId(volume.id)),
    el('size', volume.sizeMiB / 1024),
    '<snapshotId/><availabilityZone/>',
    el('status', STATUS[volume.state]),
    el('createTime', dateTime(volume.createdAt)),
  );
}

function describeVolumes({ cloud, version }: Call): string {
  const items = cloud.images
    .filter((one) => one.type === 'DATABLOCK' && !one.snapshot)
    .map(
      (one) => `<item>
        ${el('volumeId', volumeId(one.id))}
        ${el('size', one.sizeMiB / 1024)}
        <snapshotId/>
        <availabilityZone/>
        ${el('status', STATUS[one.state])}
        ${el('createTime', dateTime(one.createdAt))}
        <attachmentSet>${attachment(one)}</attachmentSet>
        <tagSet/>
      </item>`,
    );
  return answer('DescribeVolumes', version, `<volumeSet>${items.join('')}</volumeSet>`);
}

function attachment({ id, ebs }: OneImage): string {
  if (ebs === undefined) return '';
  return `<item>
    ${el('volumeId', volumeId(id))}
    ${el('instanceId', ebs.instanceId)}
    ${el('device', ebs.device)}
    <status>attached</status>
    ${el('attachTime', dateTime(ebs.attachedAt))}
    <deleteOnTermination>false</deleteOnTermination>
  </item>`;
}

/** The id's digits as they stand in the request: "00000010". */
const digitsOf = (id: string | undefined): string => (id ?? '').split('-')[1] ?? '';

function volumeOf({ cloud }: Call, id: string | undefined): OneImage {
  const volume = cloud.images.find((one) => one.type === 'DATABLOCK' && volumeId(one.id) === id);
  if (volume === undefined)
    throw new OneError(`[ImageInfo] Error getting image [${digitsOf(id)}].`, ERRNO.noExists, 'InvalidVolume.NotFound');
  return volume;
}

function attachVolume(call: Call): string {
  const { params, cloud } = call;
  const device = params.get('Device');
  if (device === undefined) throw new Crash('undefined method `match` for nil:NilClass');
  const volume = volumeOf(call, params.get('VolumeId'));
  const vm = cloud.vms.find((one) => instanceId(one.id) === params.get('InstanceId'));
  if (vm?.status !== 'runn') throw new OneError('[VirtualMachineAttach] Could not attach disk, wrong state.', ERRNO.action);
  if (volume.state === 'USED')
    throw new OneError('[VirtualMachineAttach] Cannot acquire image, it is persistent and in use.', ERRNO.action);
  vm.disks.push({ imageId: volume.id, target: device.replace('/dev/', '') });
  volume.state = 'USED';
  call.update(() => (volume.ebs = { instanceId: instanceId(vm.id), device, attachedAt: Date.now() }));
  return attached(call, 'AttachVolume', device, 'attaching', dateTime(Date.now()));
}

function detachVolume(call: Call): string {
  const { params, cloud } = call;
  const volume = volumeOf(call, params.get('VolumeId'));
  const from = params.get('InstanceId') ?? volume.ebs?.instanceId;
  if (from === undefined) throw new OneError(`The volume ${params.get('VolumeId') ?? ''} is not attached to any instance`);
  const vm = cloud.vms.find((one) => instanceId(one.id) === from);
  const disk = vm?.disks.findIndex((one) => one.imageId === volume.id) ?? -1;
  if (vm === undefined || disk < 0) throw new OneError('There is no disk to be detached');
  const [taken] = vm.disks.splice(disk, 1);
  volume.state = 'READY';
  call.update(() => delete volume.ebs);
  return attached(call, 'DetachVolume', `/dev/${taken?.target ?? ''}`, 'detaching', '');
}

/** The answer names the ids wrongly, or not at all: the act itself is done. */
function attached({ params, version }: Call, action: string, device: string, status: string, time: string): string {
  let volume: string;
  let machine: string;
  try {
    volume = octalId('vol', digitsOf(params.get('VolumeId')));
    machine = octalId('i', digitsOf(params.get('InstanceId')));
  } catch (error) {
    throw new Crash(String(error));
  }
  const at = time === '' ? '<attachTime/>' : el('attachTime', time);
  return answer(action, version, el('volumeId', volume), el('instanceId', machine), el('device', device), el('status', status), at);
}

function createSnapshot(call: Call): string {
  const volume = volumeOf(call, call.params.get('VolumeId'));
  const name = call.params.get('Description') ?? `ec2-snap-${crypto.randomUUID()}`;
  const snapshot = call.cloud.addImage({ name, type: 'DATABLOCK', sizeMiB: volume.sizeMiB });
  call.update(() => (snapshot.snapshot = true));
  return answer('CreateSnapshot', '2013-06-15', snapshotXml(snapshot, call.params.get('VolumeId') ?? ''));
}

function describeSnapshots(call: Call): string {
  const wanted = [...call.params].filter(([key]) => key.startsWith('SnapshotId.')).map(([, id]) => id);
  for (const id of wanted)
    if (!call.cloud.images.some((one) => one.snapshot && snapshotId(one.id) === id)) throw new Crash('undefined method `ec2_code=`');
  const shown = call.cloud.images.filter((one) => one.snapshot && (wanted.length === 0 || wanted.includes(snapshotId(one.id))));
  const items = shown.map((one) => `<item>${snapshotXml(one, '')}<tagSet></tagSet></item>`);
  return answer('DescribeSnapshots', '2013-06-15', `<snapshotSet>${items.join('')}</snapshotSet>`);
}

function snapshotXml(one: OneImage, volume: string): string {
  return `${el('snapshotId', snapshotId(one.id))}
    ${el('volumeId', volume)}
    <status>completed</status>
    ${el('startTime', dateTime(one.createdAt))}
    <progress>100%</progress>
    ${el('ownerId', 'ada')}
    ${el('volumeSize', one.sizeMiB / 1024)}
    ${el('description', one.name)}`;
}
