import type { LaunchSpec } from '../../../shared/launchSpec';
import { isCancelled, sentenceOf, SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import { capabilitiesOf } from '../capabilities';
import type { Account, Instance } from '../model';
import { launchNames, namesOf, notedName } from './name';
import type { NamePlan, NameWish, Naming } from './naming';

/** What is known of the names while an operation goes on. */
export class NamesUnderWay {
  plans: readonly NamePlan[] = [];
  /** Changes to wait for, by name. */
  readonly changes = new Map<string, string>();
  /** What went wrong with a name is no reason to give up a machine: it is told at the end. */
  failure: unknown;
}

/** What the steps need of the operation that they are part of. */
interface Named {
  readonly dns: NamesUnderWay;
  readonly naming: Naming | undefined;
  readonly account: Account;
}

/** The DNS names that a launch is to give, or undefined: for names without a dot, where it is not wanted, and where the cloud has no zones. */
export function wantedNames(spec: LaunchSpec, account: Account): readonly string[] | undefined {
  return spec.dns === false || !capabilitiesOf(account).dns ? undefined : launchNames(spec.name, spec.count);
}

/**
 * The steps of a launch that give its machines their names: before anything is made, when the machines have addresses, and at the end,
 * when most of the waiting is over already.
 */
export function nameSteps<C extends Named>(of: {
  readonly spec: LaunchSpec;
  readonly id: (context: C) => string;
  readonly instances: (context: C) => readonly Instance[];
  readonly learnt: (context: C, instance: Instance) => void;
}): { readonly find: Step<C>; readonly point: Step<C>; readonly settle: Step<C> } {
  const { spec } = of;
  return {
    find: {
      name: 'dnsZone',
      title: `Find the DNS zone of ${spec.name}`,
      async run(context, io) {
        const { account, naming, dns: names } = context;
        const wishes = (wantedNames(spec, account) ?? []).map((name) => ({ name }));
        if (naming === undefined || wishes.length === 0) return;
        try {
          names.plans = (await naming.prepare(account, wishes, of.id(context), io)) ?? [];
          if (names.plans.length === 0) io.log('launched without a DNS name');
        } catch (error) {
          // A name with a dot is no wish yet: whoever may not see the zones launches as before.
          if (spec.dns === true || isCancelled(error) || !isRefusal(error)) throw error;
          io.log(`${spec.name} gets no DNS name: ${sentenceOf(error)}`);
        }
      },
      async undo({ account, naming, dns: names }, io) {
        const [made] = names.plans.filter((plan) => plan.made);
        if (naming === undefined || made === undefined) return;
        await naming.deleteZone(account, made.zone.id);
        await io.forgotten({ kind: 'dnsZone', id: made.zone.id });
      },
    },
    point: {
      name: 'dnsName',
      title: 'Set the DNS name',
      when: ({ dns: names }) => names.plans.length > 0,
      async run(context, io) {
        for (const [i, instance] of of.instances(context).entries()) {
          const plan = context.dns.plans[i];
          if (plan === undefined) continue;
          await attempt(context, () => point(context, plan, instance, io, (found) => of.learnt(context, found)));
        }
      },
      async undo(context, io) {
        for (const [i, instance] of of.instances(context).entries()) {
          const plan = context.dns.plans[i];
          if (plan !== undefined) await context.naming?.giveUp(context.account, plan, instance, io);
        }
      },
    },
    settle: {
      name: 'dnsWait',
      title: 'Wait until the name resolves',
      onFailure: 'keep',
      when: ({ dns: names }) => names.plans.length > 0,
      run: (context, io) => settle(context, of.instances(context), io),
    },
  };
}

/** Gives one machine a name. @param token of the operation, so that it makes a zone once */
export function nameStepsFor<C extends Named & { readonly instance: Instance }>(
  wish: NameWish,
  token: string,
  learnt: (context: C, instance: Instance) => void,
): readonly Step<C>[] {
  return [
    {
      name: 'dnsZone',
      title: `Find the DNS zone of ${wish.name}`,
      async run({ account, naming, dns, instance }, io) {
        dns.plans = (await naming?.prepare(account, [wish], token, io, instance)) ?? [];
      },
    },
    {
      name: 'dnsName',
      title: `Set ${wish.name}`,
      when: ({ dns }) => dns.plans.length > 0,
      async run(context, io) {
        for (const plan of context.dns.plans) await point(context, plan, context.instance, io, (found) => learnt(context, found));
      },
    },
    {
      name: 'dnsWait',
      title: 'Wait until the name resolves',
      onFailure: 'keep',
      when: ({ dns }) => dns.plans.length > 0,
      run: (context, io) => settle(context, [context.instance], io),
    },
  ];
}

/** After a start: the name follows the machine's address. */
export function followSteps<C extends Named & { readonly instance: Instance }>(
  learnt: (context: C, instance: Instance) => void,
  wanted: (context: C) => boolean = () => true,
): { readonly point: Step<C>; readonly settle: Step<C> } {
  const named = (context: C) => wanted(context) && context.naming !== undefined && notedName(context.instance.tags) !== undefined;
  return {
    point: {
      name: 'dnsName',
      title: 'Put the new address into the DNS name',
      when: named,
      run: (context, io) =>
        attempt(context, async () => {
          const { account, naming, instance, dns: names } = context;
          const plan = await naming?.outdated(account, instance, io);
          if (plan === undefined) return;
          names.plans = [plan];
          await point(context, plan, instance, io, (found) => learnt(context, found));
        }),
    },
    settle: {
      name: 'dnsWait',
      title: 'Wait until the name resolves',
      onFailure: 'keep',
      when: ({ dns: names }) => names.plans.length > 0 || names.failure !== undefined,
      run: (context, io) => settle(context, [context.instance], io),
    },
  };
}

/** Before a machine is terminated: its records go, while its addresses are still known. What fails is told when the machine is gone. */
export function removeSteps<C extends Named & { readonly instance: Instance }>(): { readonly remove: Step<C>; readonly tell: Step<C> } {
  return {
    remove: {
      name: 'dnsName',
      title: 'Remove its DNS name',
      when: ({ naming, account, instance }) => naming !== undefined && capabilitiesOf(account).dns && namesOf(instance).length > 0,
      run: (context, io) =>
        attempt(context, async () => {
          const { account, naming, instance } = context;
          try {
            const gone = (await naming?.remove(account, instance, io)) ?? [];
            if (gone.length > 0) io.report(gone.join(', '));
          } catch (error) {
            // Whoever may not see the zones has never named a machine in them.
            if (notedName(instance.tags) !== undefined || isCancelled(error) || !isRefusal(error)) throw error;
            io.log(`no DNS name was looked for: ${sentenceOf(error)}`);
          }
        }),
    },
    tell: {
      name: 'dnsFailure',
      title: 'See what is left of its DNS name',
      when: ({ dns: names }) => names.failure !== undefined,
      run: ({ dns: names, instance }) =>
        Promise.reject(
          new SkylabError(`${instance.name} is gone, but its DNS name is not: ${sentenceOf(names.failure)}`, {
            next: 'Delete the record in the zone: it leads to an address that others may get.',
            code: 'NameLeft',
            cause: names.failure,
          }),
        ),
    },
  };
}

async function point(context: Named, plan: NamePlan, instance: Instance, io: StepIo, learnt: (instance: Instance) => void): Promise<void> {
  if (context.naming === undefined) return;
  io.report(plan.name);
  const pointed = await context.naming.point(context.account, plan, instance);
  learnt(pointed.instance);
  if (pointed.change !== undefined) context.dns.changes.set(plan.name, pointed.change);
  io.log(`${plan.name} leads to ${instance.name}`);
}

async function settle({ naming, account, dns: names }: Named, instances: readonly Instance[], io: StepIo): Promise<void> {
  if (names.failure !== undefined) throw nameFailed(instances, names.failure);
  for (const [i, plan] of names.plans.entries()) {
    const instance = instances[i];
    if (instance === undefined || naming === undefined) continue;
    const outcome = await naming.settle(account, plan, instance, names.changes.get(plan.name), io);
    if (outcome.kind === 'resolves') io.report(`${plan.name} resolves`);
    else io.report(outcome.kind === 'unchecked' ? `${plan.name} is set` : `${plan.name} waits for its registrar`);
  }
}

async function attempt(context: Named, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isCancelled(error)) throw error;
    context.dns.failure = error;
  }
}

function nameFailed(instances: readonly Instance[], failure: unknown): SkylabError {
  const who = instances.map((instance) => instance.name).join(', ');
  return new SkylabError(`${who} can be reached by address, but not by name: ${sentenceOf(failure)}`, {
    next: 'Set the name again with “DNS Name…” on the machine.',
    code: 'NameFailed',
    cause: failure,
  });
}

/** True where the account has no business with zones, as opposed to a cloud that cannot be reached. */
const isRefusal = (error: unknown): boolean => error instanceof SkylabError && error.code !== 'EndpointUnreachable';
