import { SkylabError } from '../../errors';
import type { Operation } from '../../operations/operations';
import type { Step, StepIo } from '../../operations/step';
import { addressOf } from '../launchRun';
import type { Account, Machine } from '../model';
import { instanceKey } from '../model';
import { duration, waitFor } from '../waiting';
import { makingStep, type Act, type Acts } from './act';
import { giveBack, unless } from './made';
import type { ElasticAddress } from './ports';
import { instanceOf } from './volumes';

const FOLLOW_MS = 60_000;

/** What can be done with addresses that stay over stop and start. The machine's row and ssh entry follow. */
export class AddressActs {
  constructor(private readonly acts: Acts) {}

  /** @param name the Name tag; may be empty @param machine gets it at once */
  allocate(account: Account, name: string, machine?: Machine): Operation {
    const instance = machine === undefined ? undefined : instanceOf(machine);
    let made: ElasticAddress | undefined;
    const address = (): ElasticAddress => {
      if (made === undefined) throw new Error('The step before allocates the address.');
      return made;
    };
    const steps: Step<Act>[] = [
      makingStep({
        name: 'allocate',
        title: 'Allocate an address',
        run: async (act, io) => {
          made = await (await act.cloud()).allocateAddress(act.tags(name));
          io.log(made.publicIp);
          io.report(made.publicIp);
        },
      }),
      ...(instance === undefined ? [] : this.#associating(instance.id, address)),
    ];
    const title = machine === undefined ? 'Allocate an address' : `Give ${machine.name} an address that stays`;
    return this.acts.start(account, title, steps, machine?.key);
  }

  associate(account: Account, address: ElasticAddress, machine: Machine): Operation {
    const steps = this.#associating(instanceOf(machine).id, () => address);
    return this.acts.start(account, `Give ${machine.name} ${address.publicIp}`, steps, machine.key);
  }

  disassociate(account: Account, address: ElasticAddress): Operation {
    const { instanceId } = address;
    const steps: Step<Act>[] = [
      {
        name: 'disassociate',
        title: 'Take the address from the machine',
        run: async (act) => unless((await act.cloud()).disassociateAddress(address), 'NotAssociated'),
        onFailure: 'keep',
      },
      ...(instanceId === undefined ? [] : [this.#followStep(instanceId, (now) => now !== address.publicIp)]),
    ];
    const key = instanceId === undefined ? undefined : instanceKey(account.id, instanceId);
    return this.acts.start(account, `Take ${address.publicIp} away`, steps, key);
  }

  /** Those that a machine has are taken from it first. */
  release(account: Account, addresses: readonly ElasticAddress[]): Operation {
    const steps = addresses.flatMap((address): Step<Act>[] => [
      {
        name: address.publicIp,
        title: `Release ${address.publicIp}`,
        onFailure: 'keep',
        run: async (act) => unless(giveBack(await act.cloud(), address), 'NoSuchAddress'),
      },
      ...(address.instanceId === undefined ? [] : [this.#followStep(address.instanceId, (now) => now !== address.publicIp)]),
    ]);
    const only = addresses.length === 1 ? addresses[0] : undefined;
    return this.acts.start(account, only === undefined ? `Release ${addresses.length} addresses` : `Release ${only.publicIp}`, steps);
  }

  #associating(instanceId: string, address: () => ElasticAddress): Step<Act>[] {
    return [
      {
        name: 'associate',
        title: 'Give the machine the address',
        run: async (act) => (await act.cloud()).associateAddress(address(), instanceId),
      },
      this.#followStep(instanceId, (now) => now === address().publicIp),
    ];
  }

  /** A machine that is stopped or gone has no public address to wait for. */
  #followStep(instanceId: string, arrived: (address: string | undefined) => boolean): Step<Act> {
    const { providers, machines } = this.acts.ports;
    return {
      name: 'follow',
      title: 'Follow the new address',
      onFailure: 'keep',
      run: async (act, io) => {
        const cloud = await providers.for(act.account);
        const instance = await waitFor(
          async () => {
            const [found] = await cloud.describeInstances([instanceId], io.signal);
            if (found === undefined || found.state === 'terminated') return 'gone' as const;
            machines.upsert([found]);
            return arrived(found.publicAddress) ? found : undefined;
          },
          {
            signal: io.signal,
            everyMs: act.pollMs,
            timeoutMs: FOLLOW_MS,
            onTimeout: () =>
              new SkylabError(`The cloud does not show the machine's new address after ${duration(FOLLOW_MS)}.`, {
                next: 'Refresh the list in a while.',
                code: 'NotYet',
              }),
          },
        );
        if (instance !== 'gone') await this.#pointEntry(instanceId, addressOf(instance), act.account, io);
      },
    };
  }

  /** `ssh NAME` goes to where the machine is now. */
  async #pointEntry(instanceId: string, hostName: string | undefined, account: Account, io: StepIo): Promise<void> {
    const { hostEntries, machines, access } = this.acts.ports;
    const entry = (await hostEntries.list()).find((one) => one.hostKeyAlias === instanceId);
    if (entry === undefined || hostName === undefined || entry.hostName === hostName) return;
    await hostEntries.upsert({ ...entry, hostName });
    io.log(`ssh ${entry.alias} reaches ${hostName}`);
    // The open connection goes to the old address.
    const machine = machines.get(instanceKey(account.id, instanceId));
    if (machine !== undefined) access.release(machine);
  }
}
