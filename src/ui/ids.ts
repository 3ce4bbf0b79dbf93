/** Every command that package.json contributes; a test keeps the two equal. */
export const commandIds = [
  'skylab.addAccount',
  'skylab.addGivenMachine',
  'skylab.cancelOperation',
  'skylab.cleanUp',
  'skylab.connect',
  'skylab.connectAt',
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
  'skylab.inspect',
  'skylab.inspectAgain',
  'skylab.launch',
  'skylab.launchQuick',
  'skylab.openJupyter',
  'skylab.reboot',
  'skylab.refresh',
  'skylab.removeAccount',
  'skylab.removeGivenMachine',
  'skylab.runInTerminal',
  'skylab.showLog',
  'skylab.showMore',
  'skylab.showOperationLog',
  'skylab.start',
  'skylab.stop',
  'skylab.terminate',
  'skylab.tunnel.changePort',
  'skylab.tunnel.copyAddress',
  'skylab.tunnel.copyCommand',
  'skylab.tunnel.forward',
  'skylab.tunnel.notAtStart',
  'skylab.tunnel.openAtStart',
  'skylab.tunnel.openInBrowser',
  'skylab.tunnel.remove',
  'skylab.tunnel.start',
  'skylab.tunnel.stop',
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
  | 'skylab.hasRunning'
  | 'skylab.followingLogs'
  | 'skylab.hasTunnels';
