import type { LaunchSpec } from '../../../shared/launchSpec';
import type { CreatedResource } from '../../../shared/operation';
import { SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { LaunchRun } from '../launchRun';
import { releaseAddress } from '../removal';
import type { ElasticAddress } from '../resources/ports';
import { TAG } from '../tags';
import { duration, waitFor } from '../waiting';

const SHOWN_MS = 2 * 60_000;

export const wantsAddress = ({ network }: LaunchSpec): boolean => network?.publicAddress === 'elastic';

/** Before the machines: an account has few addresses, and a launch without one must not cost anything. */
export function allocateStep({ count }: LaunchSpec): Step<LaunchRun> {
  return {
    name: 'address',
    title: count === 1 ? 'Get an elastic address' : `Get ${count} elastic addresses`,
    async run(launch, io) {
      const resources = await launch.ports.resources(launch.account);
      while (launch.addresses.length < count) {
        // A tag of its own for each: one whose answer is lost is found by it.
        const address = await resources.allocateAddress({ ...launch.tags, [TAG.act]: `${launch.id}-${launch.addresses.length + 1}` });
        launch.addresses.push(address);
        await io.created(addressRecord(launch, address));
        io.report(address.publicIp);
      }
    },
    async undo(launch, io) {
      await giveBack(launch, launch.addresses, io);
    },
  };
}

async function giveBack(launch: LaunchRun, addresses: readonly ElasticAddress[], io: StepIo): Promise<void> {
  const resources = await launch.ports.resources(launch.account);
  for (const address of addresses) {
    await releaseAddress(resources, address);
    await io.forgotten(addressRecord(launch, address));
  }
  launch.addresses = launch.addresses.filter((address) => !addresses.includes(address));
}

/** The machines are reached by these addresses from here on: the ssh entries are written with them. */
export const associateStep: Step<LaunchRun> = {
  name: 'associate',
  title: 'Give it the elastic address',
  onFailure: 'keep',
  async run(launch, io) {
    const [cloud, resources] = await Promise.all([launch.cloud(), launch.ports.resources(launch.account)]);
    const wanted = new Map(launch.launched.map(({ instance }, i) => [instance.id, launch.addresses[i]] as const));
    await giveBack(launch, launch.addresses.slice(launch.launched.length), io);
    for (const [id, address] of wanted) if (address !== undefined) await resources.associateAddress(address, id);
    const { pollMs } = launch.settings;
    await waitFor(
      async () => {
        launch.learnt(await cloud.describeInstances([...wanted.keys()], io.signal));
        return launch.launched.every(({ instance }) => instance.publicAddress === wanted.get(instance.id)?.publicIp) ? true : undefined;
      },
      {
        signal: io.signal,
        everyMs: (looks) => (looks < 10 ? Math.min(500, pollMs) : pollMs),
        timeoutMs: SHOWN_MS,
        onTimeout: () =>
          new SkylabError(`${launch.label} did not show its elastic address within ${duration(SHOWN_MS)}.`, {
            next: 'It was kept: look at it in the tree.',
            code: 'NoAddress',
          }),
      },
    );
  },
};

function addressRecord(launch: LaunchRun, { allocationId, publicIp }: ElasticAddress): CreatedResource {
  return {
    kind: 'address',
    id: allocationId === '' ? publicIp : allocationId,
    accountId: launch.account.id,
    label: `elastic address ${publicIp}`,
  };
}
