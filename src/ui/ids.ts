/** Every command that package.json contributes; a test keeps the two equal. */
export const commandIds = [
  'skylab.addAccount',
  'skylab.addGivenMachine',
  'skylab.cancelOperation',
  'skylab.cleanUp',
  'skylab.connect',
  'skylab.connectRemoteSsh',
  'skylab.copyAddress',
  'skylab.copySshCommand',
  'skylab.deploy',
  'skylab.deployment.logs',
  'skylab.deployment.openSite',
  'skylab.deployment.remove',
  'skylab.deployment.start',
  'skylab.deployment.status',
  'skylab.deployment.stop',
  'skylab.deployment.stopLogs',
  'skylab.editAccount',
  'skylab.findMachine',
  'skylab.hashPassword',
  'skylab.launch',
  'skylab.launchQuick',
  'skylab.reboot',
  'skylab.refresh',
  'skylab.removeAccount',
  'skylab.removeGivenMachine',
  'skylab.showLog',
  'skylab.showMore',
  'skylab.showOperationLog',
  'skylab.start',
  'skylab.stop',
  'skylab.sync.allowDeletes',
  'skylab.sync.compare',
  'skylab.sync.forget',
  'skylab.sync.keepExtra',
  'skylab.sync.now',
  'skylab.sync.preview',
  'skylab.sync.unwatch',
  'skylab.sync.watch',
  'skylab.syncFolder',
  'skylab.terminate',
  'skylab.transfer.again',
  'skylab.transfer.clear',
  'skylab.uploadFiles',
  'skylab.uploadFolder',
  'skylab.useKey',
  'skylab.usePracticeCloud',
] as const;

export type CommandId = (typeof commandIds)[number];

export const views = {
  machines: 'skylab.machines',
  hosts: 'skylab.hosts',
  keys: 'skylab.keys',
  tunnels: 'skylab.tunnels',
  transfers: 'skylab.transfers',
  activity: 'skylab.activity',
} as const;

/** Context keys that `when` clauses read. */
export type ContextKey =
  | 'skylab.ready'
  | 'skylab.hasAccounts'
  | 'skylab.hasGiven'
  | 'skylab.hasMachines'
  | 'skylab.hasDeployments'
  | 'skylab.hasOperations'
  | 'skylab.hasPairs'
  | 'skylab.hasTransfers'
  | 'skylab.hasRunning'
  | 'skylab.followingLogs';
