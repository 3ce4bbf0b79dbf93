import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { DockerHost, RegistryLogin } from '../../core/docker/dockerHost';
import { isReference, registryOf } from '../../core/docker/dockerHost';
import type { Prunable } from '../../core/docker/prune';
import { freedTogether } from '../../core/docker/prune';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { Secret } from '../../core/secret';
import { chooseMachine, mustBe } from '../commands/choose';
import { runThere } from '../commands/connect';
import type { LogFollower } from '../commands/logFollower';
import type { Handlers } from '../commands/registry';
import { bytesText } from '../model/bytes';
import { busy } from '../notifications';
import { ask, required } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import type { DockerBranch } from './branch';
import { dockerPlace } from './branch';

interface Target {
  readonly machine: Machine;
  readonly kind: 'container' | 'image' | 'volume' | 'network';
  /** For Docker: an id, a reference or a name. */
  readonly ref: string;
  /** For people. */
  readonly name: string;
  readonly usedBy: readonly string[];
}

/** Acts on what Docker has on a machine. */
export function dockerCommands(ui: Ui, branch: DockerBranch, followers: LogFollower): Handlers {
  const host = () => ui.services.docker();
  const follow = (operation: Operation) =>
    ui.notifications.follow(operation, { progress: true, showLog: (one) => ui.documents.showLog(one) });
  const onMachine =
    (title: string, act: (machine: Machine, docker: DockerHost) => unknown) =>
    async (arg: unknown): Promise<void> => {
      await act(await chooseMachine(ui, arg, title), await host());
    };
  const onRow =
    (act: (target: Target, docker: DockerHost) => unknown) =>
    async (arg: unknown): Promise<void> => {
      await act(targetOf(ui, branch, arg), await host());
    };
  const container = (act: 'start' | 'stop' | 'restart') =>
    onRow(({ machine, name }, docker) => follow(docker.container(machine, act, name)));
  return {
    'skylab.docker.refresh': onMachine(l10n.t('Refresh Docker'), (machine) => branch.refresh(machine)),
    'skylab.docker.pull': onMachine(l10n.t('Pull image'), async (machine, docker) => {
      await follow(docker.pull(machine, await askReference(l10n.t('Pull an image to {0}', machine.name), '')));
    }),
    'skylab.docker.build': onMachine(l10n.t('Build image'), async (machine, docker) => {
      const title = l10n.t('Build an image on {0}', machine.name);
      const prompt = l10n.t('Folder on {0} with a Dockerfile: absolute, or from the login folder', machine.name);
      const folder = await ask(title).input({ prompt, placeholder: 'skylab/lab/current', validate: required(l10n.t('a folder')) });
      await follow(docker.build(machine, folder.trim(), await askReference(title, '')));
    }),
    'skylab.docker.prune': onMachine(l10n.t('Clear away'), async (machine, docker) => {
      const operation = await choosePrune(machine, docker);
      if (operation) await follow(operation);
    }),
    'skylab.docker.tag': onRow(async ({ machine, ref, name }, docker) => {
      await follow(docker.tag(machine, ref, await askReference(l10n.t('Another name for {0}', name), '')));
    }),
    'skylab.docker.push': onRow(async ({ machine, name }, docker) => {
      const login = await askLogin(name);
      await follow(docker.push(machine, name, login));
    }),
    'skylab.docker.remove': onRow(async (target, docker) => {
      await confirmRemoval(target);
      await follow(docker.remove(target.machine, target.kind, target.ref));
    }),
    'skylab.docker.start': container('start'),
    'skylab.docker.stop': container('stop'),
    'skylab.docker.restart': container('restart'),
    'skylab.docker.logs': onRow(({ machine, name }, docker) =>
      followers.follow(l10n.t('{0} on {1}', name, machine.name), (signal) => docker.logs(machine, name, signal)),
    ),
    'skylab.docker.stopLogs': () => followers.stopAll(),
    'skylab.docker.exec': onRow(async ({ machine, name }) => {
      const stacks = await ui.services.stacks();
      const line = await busy(l10n.t('Looking for a shell in {0}', name), (signal) => stacks.shellLine(machine, name, signal));
      await runThere(ui, machine, line);
    }),
    'skylab.docker.inspect': onRow(async ({ machine, ref, name }) => {
      const stacks = await ui.services.stacks();
      const text = await busy(l10n.t('Asking {0}', machine.name), (signal) => stacks.inspect(machine, ref, signal));
      await ui.documents.showText(`${name} on ${machine.name}.json`, text);
    }),
  };
}

/** What a row stands for. @throws SkylabError where it has gone */
function targetOf(ui: Ui, branch: DockerBranch, arg: unknown): Target {
  const place = isNode(arg) && arg.kind === 'branch' ? dockerPlace(arg.path) : undefined;
  const machine = isNode(arg) && arg.kind === 'branch' ? ui.services.machines.get(arg.key) : undefined;
  const objects = machine && branch.objects(machine.key);
  const gone = new SkylabError('This row is gone.', { next: 'Refresh Docker’s rows.' });
  if (!place || place.kind === 'error' || !machine || !objects) throw gone;
  const { kind, id = '', tag = '' } = place;
  switch (kind) {
    case 'container': {
      const found = objects.containers.find((one) => one.id === id);
      if (!found) throw gone;
      return { machine, kind, ref: id, name: found.name, usedBy: [] };
    }
    case 'image': {
      const found = objects.images.find((one) => one.id === id);
      if (!found) throw gone;
      return { machine, kind, ref: tag === '' ? id : tag, name: tag === '' ? id.slice(7, 19) : tag, usedBy: found.usedBy };
    }
    case 'volume':
    case 'network': {
      const found = objects[`${kind}s`].find(({ name }) => name === id);
      if (!found) throw gone;
      return { machine, kind, ref: id, name: id, usedBy: found.usedBy };
    }
  }
}

function askReference(title: string, value: string): Promise<string> {
  return ask(title).input({
    prompt: l10n.t('Name of the image, as docker pull takes it'),
    placeholder: 'quay.io/jupyter/base-notebook:latest',
    value,
    validate: (text) =>
      isReference(text.trim()) ? undefined : l10n.t('This is no name of an image: lower-case letters, then a tag after “:”.'),
  });
}

/** How the registry shall know the person; undefined where the machine's own login serves. */
async function askLogin(reference: string): Promise<RegistryLogin | undefined> {
  const registry = registryOf(reference);
  const shown = registry === '' ? 'Docker Hub' : registry;
  const title = l10n.t('Push {0}', reference);
  const own = await ask(title).pick({
    placeholder: l10n.t('How does {0} know you?', shown),
    items: [
      { label: l10n.t('Log in for this push alone'), description: l10n.t('the password is kept nowhere'), value: false },
      { label: l10n.t('With the login that the machine has'), value: true },
    ],
  });
  if (own) return undefined;
  const user = await ask(title).input({ prompt: l10n.t('User at {0}', shown), validate: required(l10n.t('a user')) });
  const prompt = l10n.t('Password or access token at {0}', shown);
  const password = await ask(title).input({ prompt, password: true, validate: required(l10n.t('a password')) });
  return { registry, user: user.trim(), password: new Secret(password) };
}

async function confirmRemoval({ machine, kind, name, usedBy }: Target): Promise<void> {
  const remove = l10n.t('Remove');
  const used = usedBy.length === 0 ? '' : l10n.t('Used by {0}: Docker refuses to remove what is in use.', usedBy.join(', '));
  const loss = {
    container: l10n.t('It is stopped, and what was written inside of it is lost. Its volumes stay.'),
    image: l10n.t('It has to be pulled or built again before it can be used.'),
    volume: l10n.t('What is stored in it is lost. This cannot be undone.'),
    network: l10n.t('Compose makes the networks of its projects again.'),
  }[kind];
  const detail = [used, loss].filter((line) => line !== '').join('\n\n');
  mustBe(
    await vscode.window.showWarningMessage(l10n.t('Remove {0} from {1}?', name, machine.name), { modal: true, detail }, remove),
    remove,
  );
}

/** Shows what each kind would free; what is chosen is confirmed with its sum. */
async function choosePrune(machine: Machine, docker: DockerHost): Promise<Operation | undefined> {
  const title = l10n.t('Clear away on {0}', machine.name);
  const { kinds, volumes } = await busy(l10n.t('Counting what {0} does not use', machine.name), (signal) =>
    docker.pruneSurvey(machine, signal),
  );
  if (kinds.length + volumes.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('Docker on {0} uses all that it has: there is nothing to clear away.', machine.name));
    return undefined;
  }
  const items = [
    ...kinds.map((one) => ({
      label: kindText(one),
      description: one.kind === 'networks' ? '' : freesText(one.bytesWithoutCache, one.bytes),
      detail: one.names.slice(0, 6).join(', '),
      picked: one.kind === 'dangling' || one.kind === 'containers',
      value: { kind: one },
    })),
    ...volumes.map(({ name, bytes }) => ({
      label: l10n.t('Volume {0}', name),
      description: bytes === undefined ? '' : l10n.t('frees {0}, and its data is lost', bytesText(bytes)),
      detail: '',
      picked: false,
      value: { volume: name, bytes: bytes ?? 0 },
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, placeHolder: l10n.t('What shall go?') });
  if (!picked || picked.length === 0) throw new CancelledError();
  const chosen = picked.flatMap(({ value }) => ('kind' in value ? [value.kind] : []));
  const chosenVolumes = picked.flatMap(({ value }) => ('volume' in value ? [value.volume] : []));
  const clear = l10n.t('Clear Away');
  const { least, most } = freedTogether(chosen);
  const lost = picked.reduce((all, { value }) => all + ('volume' in value ? value.bytes : 0), 0);
  const detail = [
    picked.map(({ label, description }) => (description === '' ? label : `${label}: ${description}`)).join('\n'),
    least < most
      ? l10n.t('{0} to {1} in all: what the build cache holds goes only with it.', bytesText(least + lost), bytesText(most + lost))
      : l10n.t('{0} in all.', bytesText(most + lost)),
    ...(chosenVolumes.length > 0 ? [l10n.t('The data in the volumes cannot be brought back.')] : []),
  ].join('\n\n');
  mustBe(await vscode.window.showWarningMessage(`${title}?`, { modal: true, detail }, clear), clear);
  return docker.prune(
    machine,
    chosen.map(({ kind }) => kind),
    chosenVolumes,
    bytesText,
  );
}

function freesText(least: number, most: number): string {
  return least < most
    ? l10n.t('frees {0} to {1}, all of it only with the build cache', bytesText(least), bytesText(most))
    : l10n.t('frees {0}', bytesText(most));
}

function kindText({ kind, count }: Prunable): string {
  switch (kind) {
    case 'containers':
      return count === 1 ? l10n.t('1 stopped container') : l10n.t('{0} stopped containers', count);
    case 'dangling':
      return count === 1 ? l10n.t('1 image without a name') : l10n.t('{0} images without a name', count);
    case 'images':
      return count === 1 ? l10n.t('1 image that no container uses') : l10n.t('{0} images that no container uses', count);
    case 'networks':
      return count === 1 ? l10n.t('1 network that nothing uses') : l10n.t('{0} networks that nothing uses', count);
    case 'cache':
      return count === 1 ? l10n.t('1 entry of the build cache') : l10n.t('{0} entries of the build cache', count);
  }
}
