import { countWords, type LaunchSpec } from '../../shared/launchSpec';
import { SkylabError } from '../errors';
import type { Step, StepIo } from '../operations/step';
import { firstBootStep, sshStep, trustStep, waitForSshStep } from './launchAccess';
import { addressOf, type LaunchRun } from './launchRun';
import { allocateStep, associateStep, wantsAddress } from './launching/addressSteps';
import { afterSteps } from './launching/afterSteps';
import { checkGroups, securityGroupStep } from './launching/groupSteps';
import { planFirstBoot } from './launching/planFirstBoot';
import { requestOf } from './launching/request';
import type { Instance } from './model';
import { nameSteps } from './names/steps';
import type { CloudProvider } from './ports';
import { removeKeyPair, terminateAndWait } from './removal';
import { TAG } from './tags';
import { duration, forEachOf, waitFor } from './waiting';

/**
 * The steps of a launch, in order. Up to RunInstances a failure undoes what was made; after it the machine is kept and the
 * sentence says so. Cancel undoes everything.
 * @param named the machines are to get DNS names
 */
export function launchSteps(spec: LaunchSpec, named = false): readonly Step<LaunchRun>[] {
  const dns = nameSteps<LaunchRun>({
    spec,
    id: (launch) => launch.id,
    instances: (launch) => launch.launched.map((l) => l.instance),
    learnt: (launch, instance) => launch.learnt([instance]),
  });
  const making = [
    checkStep,
    ...(named ? [dns.find] : []),
    keyPairStep(spec),
    securityGroupStep(spec),
    ...(wantsAddress(spec) ? [allocateStep(spec)] : []),
    runStep(spec),
  ];
  const unmake = async (launch: LaunchRun, io: StepIo) => {
    for (const step of making.toReversed()) await step.undo?.(launch, io);
  };
  return [
    ...making,
    waitRunningStep(unmake),
    ...(wantsAddress(spec) ? [associateStep] : []),
    ...(named ? [dns.point] : []),
    trustStep,
    sshStep,
    waitForSshStep,
    firstBootStep,
    ...afterSteps(spec),
    ...(named ? [dns.settle] : []),
  ];
}

const checkStep: Step<LaunchRun> = {
  name: 'check',
  title: 'Check with the cloud',
  async run(launch, io) {
    // A config that cannot be read is told before anything costs money.
    launch.personsNames = await launch.ports.hostEntries.takenNames();
    await checkLaunch(launch);
    // By this token, which is also the launch tag, clean-up finds whatever a crash leaves.
    await io.created({ kind: 'launchToken', id: launch.id, accountId: launch.account.id, label: `launch tag of ${launch.label}` });
  },
  async undo(launch, io) {
    // A machine that may have been launched, and could not be looked for, is found by nothing but this.
    if (!launch.asked) await io.forgotten({ kind: 'launchToken', id: launch.id });
  },
};

/**
 * Finds out whether the cloud would launch this, and makes nothing.
 * @throws SkylabError with the reason why not
 */
export async function checkLaunch(launch: LaunchRun): Promise<void> {
  const { spec } = launch;
  const cloud = await launch.cloud();
  const [image] = await Promise.all([cloud.describeImage(spec.imageId), checkKeyPair(cloud, spec), checkGroups(cloud, launch)]);
  if (image === undefined)
    throw new SkylabError(`The image ${spec.imageId} does not exist in ${launch.account.region}.`, {
      next: 'Choose another image; image ids differ from region to region.',
      code: 'NoSuchImage',
    });
  if (spec.diskGiB < image.minDiskGiB)
    throw new SkylabError(`${image.label} needs a disk of at least ${image.minDiskGiB} GiB.`, { next: 'Give it a larger disk.' });
  launch.image = spec.loginUser === undefined ? image : { ...image, loginUser: spec.loginUser };
  await planFirstBoot(launch);
  await cloud.checkRunInstances(requestOf(launch, 'dry'));
}

async function checkKeyPair(cloud: CloudProvider, { keyPair }: LaunchSpec): Promise<void> {
  const known = (await cloud.listKeyPairs()).some((pair) => pair.name === keyPair.name);
  if (keyPair.kind === 'existing' && !known)
    throw new SkylabError(`The account has no key pair named ${keyPair.name}.`, {
      next: 'Choose another key pair.',
      code: 'NoSuchKeyPair',
    });
  if (keyPair.kind !== 'existing' && known)
    throw new SkylabError(`The account has a key pair named ${keyPair.name} already.`, {
      next: 'Choose it, or give the new one another name.',
      code: 'KeyPairExists',
    });
}

/** Notes a private key before its file is written: a crash in between leaves nothing that nobody knows of. */
export const noteKey =
  (launch: LaunchRun, io: StepIo) =>
  async (path: string): Promise<void> => {
    launch.identityFile = path;
    await io.created({ kind: 'identityFile', id: path, label: `private key ${path}` });
  };

function keyPairStep({ keyPair }: LaunchSpec): Step<LaunchRun> {
  const tagsOf = (launch: LaunchRun, key: 'new' | 'imported') => ({ ...launch.tags, [TAG.name]: keyPair.name, [TAG.key]: key });
  const resource = (launch: LaunchRun) => ({
    kind: 'keyPair' as const,
    id: keyPair.name,
    accountId: launch.account.id,
    label: `key pair ${keyPair.name}`,
  });
  const undo: Step<LaunchRun>['undo'] = async (launch, io) => {
    await removeKeyPair(await launch.cloud(), keyPair.name, launch.id);
    await io.forgotten({ kind: 'keyPair', id: keyPair.name });
    if (keyPair.kind !== 'new' || launch.identityFile === undefined) return;
    await launch.ports.identities.remove(launch.identityFile);
    await io.forgotten({ kind: 'identityFile', id: launch.identityFile });
  };
  switch (keyPair.kind) {
    case 'new':
      return {
        name: 'keyPair',
        title: `Make the key pair ${keyPair.name}`,
        async run(launch, io) {
          const made = await launch.ports.identities.create(keyPair.name, `${keyPair.name} (Skylab)`, noteKey(launch, io));
          await io.created(resource(launch));
          await (await launch.cloud()).importKeyPair(keyPair.name, made.publicKey, tagsOf(launch, 'new'));
        },
        undo,
      };
    case 'import':
      return {
        name: 'keyPair',
        title: `Import the key pair ${keyPair.name}`,
        async run(launch, io) {
          const publicKey = await launch.ports.identities.publicKeyOf(keyPair.publicKeyFile);
          // A public key usually lies beside its private one.
          launch.identityFile = keyPair.publicKeyFile.replace(/\.pub$/, '');
          await io.created(resource(launch));
          await (await launch.cloud()).importKeyPair(keyPair.name, publicKey, tagsOf(launch, 'imported'));
        },
        undo,
      };
    case 'existing':
      return {
        name: 'keyPair',
        title: `Find the private key of ${keyPair.name}`,
        async run(launch) {
          const { identities, questions } = launch.ports;
          launch.identityFile =
            keyPair.identityFile ?? (await identities.find(keyPair.name)) ?? (await questions.identityFor(launch.label, keyPair.name));
        },
      };
  }
}

/** Names differ, so each machine takes a CreateTags of its own: few at a time keep within EC2's request limits. */
const TAGGED_AT_ONCE = 6;

function runStep(spec: LaunchSpec): Step<LaunchRun> {
  return {
    name: 'run',
    title: spec.count === 1 ? 'Launch the machine' : `Launch ${countWords(spec)} machines`,
    async run(launch, io) {
      const cloud = await launch.cloud();
      launch.asked = true;
      launch.made(await cloud.runInstances(requestOf(launch, 'real')));
      for (const { instance, name } of launch.launched)
        await io.created({ kind: 'instance', id: instance.id, accountId: launch.account.id, label: `machine ${name} (${instance.id})` });
      if (launch.launched.length === 0) throw new SkylabError('The cloud answered the launch without a machine.', { next: 'Try again.' });
      if (launch.launched.length < spec.count) io.log(`${launch.launched.length} of ${spec.count} were launched: the cloud has no more`);
      if (spec.count > 1)
        await forEachOf(launch.launched, ({ instance, name }) => cloud.setTags([instance.id], { [TAG.name]: name }), TAGGED_AT_ONCE);
    },
    async undo(launch, io) {
      if (!launch.asked) return;
      const cloud = await launch.cloud();
      const instances = launch.launched.length > 0 ? launch.launched.map((l) => l.instance) : await findLaunched(cloud, launch, io);
      await terminateAndWait(cloud, instances, io, launch.settings.pollMs, (seen) => launch.learnt(seen));
      for (const { id } of instances) await io.forgotten({ kind: 'instance', id });
      launch.asked = false;
    },
  };
}

/** Looks for machines of a RunInstances whose answer never came; a listing may show them only after some seconds. */
async function findLaunched(cloud: CloudProvider, launch: LaunchRun, io: StepIo): Promise<readonly Instance[]> {
  for (let look = 0; ; look++) {
    const found: Instance[] = [];
    for await (const page of cloud.listInstances())
      found.push(...page.filter((i) => i.tags[TAG.launch] === launch.id && i.state !== 'terminated'));
    if (found.length > 0 || look === 2) return found;
    io.report('looking for a machine that may have been launched');
    await waitFor((n) => Promise.resolve(n === 0 ? undefined : true), {
      signal: io.signal,
      everyMs: 2 * launch.settings.pollMs,
      timeoutMs: Infinity,
      onTimeout: () => new Error('never'),
    });
  }
}

/** @param unmake removes what a machine that ended by itself leaves: there is nothing to keep */
function waitRunningStep(unmake: (launch: LaunchRun, io: StepIo) => Promise<void>): Step<LaunchRun> {
  return {
    name: 'running',
    title: 'Wait until it runs',
    onFailure: 'keep',
    async run(launch, io) {
      const cloud = await launch.cloud();
      const ids = launch.launched.map((l) => l.instance.id);
      const { runningTimeoutMs, pollMs, bootTimeoutMs } = launch.settings;
      const look = async () => {
        launch.learnt(await cloud.describeInstances(ids, io.signal));
        const dead = launch.launched.find(({ instance }) => ENDED.includes(instance.state));
        if (dead !== undefined) {
          await unmake(launch, io);
          throw notStarted(dead);
        }
        const running = launch.launched.filter(({ instance }) => instance.state === 'running' && addressOf(instance) !== undefined);
        if (ids.length > 1) io.report(`${running.length} of ${ids.length} run`, running.length / ids.length);
        return running.length === ids.length ? true : undefined;
      };
      await waitFor(look, {
        signal: io.signal,
        everyMs: (looks) => (looks < 10 ? Math.min(500, pollMs) : pollMs),
        timeoutMs: runningTimeoutMs,
        onTimeout: () =>
          new SkylabError(`${launch.label} did not start running within ${duration(runningTimeoutMs)}.`, {
            next: 'It was kept: look at it in the tree, and terminate it if it stays so.',
            code: 'NotRunning',
          }),
      });
      launch.bootDeadline = Date.now() + bootTimeoutMs;
    },
  };
}

const ENDED: readonly Instance['state'][] = ['terminated', 'shutting-down'];

function notStarted({ name, instance }: LaunchRun['launched'][number]): SkylabError {
  const why = instance.stateReason === undefined ? '' : `: ${instance.stateReason.replace(/\.?$/, '')}`;
  return new SkylabError(`The cloud ended ${name} instead of running it${why}.`, {
    next: 'Everything made for it was removed again; try another size or image.',
    code: 'NotRunning',
  });
}
