/** Settings of [Service] alone, and of how processes are ended; see directiveTable for the columns. */
export const serviceRows = `
Type|choice||simple exec forking oneshot notify notify-reload dbus idle|When the service counts as started: at once, when its program runs (exec), when it forks, ends (oneshot) or says so (notify).
ExecStart|exec|||The command that is the service: an absolute program and its arguments; no shell reads it.
ExecStartPre|exec|||Run before ExecStart=; a failure keeps the service from starting.
ExecStartPost|exec|||Run after the service has started.
ExecCondition|exec|243||Run first: exit codes 1 to 254 skip the service without a failure.
ExecReload|exec|||How it reads its configuration anew, such as /bin/kill -HUP $MAINPID.
ExecStop|exec|||How it is asked to end; without it the processes get KillSignal=.
ExecStopPost|exec|||Run after it has ended, also where it failed.
Restart|choice||no on-failure always on-abnormal on-abort on-watchdog on-success|Whether it is started again when it has ended.
RestartSec|time|||How long before it is started again; 100 ms unless said.
RestartSteps|int|254||In how many steps the pause grows to RestartMaxDelaySec=.
RestartMaxDelaySec|time|254||The longest pause to which RestartSteps= grows.
RestartMode|choice|254|normal direct debug|Whether units that depend on it notice the restart.
RestartPreventExitStatus|list|||Exit codes or signals after which it is not started again.
RestartForceExitStatus|list|||Exit codes or signals after which it always is.
SuccessExitStatus|list|||Further exit codes or signals that are no failure.
RemainAfterExit|bool|||Counts as active after its processes have ended; usual with Type=oneshot.
TimeoutStartSec|time|||How long the start may take before it counts as failed; 90 s unless said.
TimeoutStopSec|time|||How long it may take to end before it is killed; 90 s unless said.
TimeoutSec|time|||TimeoutStartSec= and TimeoutStopSec= in one.
TimeoutAbortSec|time|243||How long it may take to end after a watchdog's signal.
TimeoutStartFailureMode|choice|246|terminate abort kill|How a start that takes too long is ended.
TimeoutStopFailureMode|choice|246|terminate abort kill|How a stop that takes too long is ended.
RuntimeMaxSec|time|||How long it may run at most.
RuntimeRandomizedExtraSec|time|250||Up to so much longer, at random.
WatchdogSec|time|||It must report so often that it is alive, or counts as failed.
PIDFile|path|||Where a forking service writes its process id.
BusName|text|||The name that a service of Type=dbus takes on the bus.
NotifyAccess|choice||none main exec all|Which of its processes may tell systemd how it is.
ExitType|choice|250|main cgroup|Whether it has ended with its main process, or with the last one.
GuessMainPID|bool|||Guesses the main process of a forking service that writes no PIDFile=.
RootDirectoryStartOnly|bool|||RootDirectory= counts for ExecStart= only.
NonBlocking|bool|||File descriptors that are handed over don't block.
Sockets|units|||Sockets that are handed to it.
FileDescriptorStoreMax|int|||How many file descriptors it may store over a restart.
FileDescriptorStorePreserve|choice|254|no yes restart|Whether those are kept when it is stopped.
USBFunctionDescriptors|path|||Descriptors of a USB gadget.
USBFunctionStrings|path|||Strings of a USB gadget.
OOMPolicy|choice|243|continue stop kill|What becomes of it when the kernel kills one of its processes for want of memory.
OpenFile|text|253||Opens a file for it: path, name and options, separated by colons.
ReloadSignal|signal|253||The signal by which Type=notify-reload is reloaded.
PermissionsStartOnly|old|||Use a leading + or ! of the command instead.
StartLimitInterval|old|||Stands in [Unit] now, as StartLimitIntervalSec=.
StartLimitBurst|old|||Stands in [Unit] now.
StartLimitAction|old|||Stands in [Unit] now.
FailureAction|old|||Stands in [Unit] now.
RebootArgument|old|||Stands in [Unit] now.
`;

export const killRows = `
KillMode|choice||control-group mixed process none|Which of its processes are ended: all, the main one first (mixed), or only the main one.
KillSignal|signal||SIGTERM SIGINT SIGQUIT SIGHUP|The signal that asks it to end.
RestartKillSignal|signal|244||The same where it is to be started again.
SendSIGHUP|bool|||Sends SIGHUP, too, as a terminal does that is closed.
SendSIGKILL|bool|||Whether what has not ended in time is killed.
FinalKillSignal|signal|240||The signal that kills it; SIGKILL unless said.
WatchdogSignal|signal|240||The signal that ends it when it reports no more.
`;

/** Settings of control groups: what a unit may use. */
export const resourceRows = `
MemoryMax|limit|||The memory that it may use; beyond this the kernel kills one of its processes.
MemoryHigh|limit|||The memory beyond which it is slowed down.
MemoryLow|limit|||Memory that is taken from it only when nothing else is left.
MemoryMin|limit|240||Memory that is never taken from it.
MemorySwapMax|limit|||How much of it may be swapped out.
MemoryZSwapMax|limit|253||How much of it may be swapped into compressed memory.
MemoryZSwapWriteback|bool|256||Whether compressed memory may move on to the disk.
StartupMemoryLow|limit|253||MemoryLow= while the machine starts.
StartupMemoryHigh|limit|253||MemoryHigh= while the machine starts.
StartupMemoryMax|limit|253||MemoryMax= while the machine starts.
StartupMemorySwapMax|limit|253||MemorySwapMax= while the machine starts.
StartupMemoryZSwapMax|limit|253||MemoryZSwapMax= while the machine starts.
DefaultMemoryMin|limit|243||MemoryMin= of the units below it.
DefaultMemoryLow|limit|243||MemoryLow= of the units below it.
DefaultStartupMemoryLow|limit|253||StartupMemoryLow= of the units below it.
MemoryAccounting|bool|||Counts the memory that it uses.
CPUQuota|percent|||Processor time that it may use; 200% is two processors.
CPUQuotaPeriodSec|time|242||The span in which CPUQuota= is measured.
CPUWeight|weight|||Its share of processor time against others: 1 to 10000, 100 unless said, or idle.
StartupCPUWeight|weight|||CPUWeight= while the machine starts.
AllowedCPUs|text|244||The processors on which it may run: 0-3,6.
StartupAllowedCPUs|text|252||AllowedCPUs= while the machine starts.
AllowedMemoryNodes|text|244||The memory nodes that it may use.
StartupAllowedMemoryNodes|text|252||AllowedMemoryNodes= while the machine starts.
CPUAccounting|bool|||Counts the processor time that it uses.
TasksMax|limit|||How many processes and threads it may have.
TasksAccounting|bool|||Counts its processes and threads.
IOWeight|weight|||Its share of the disks' time against others: 1 to 10000, 100 unless said.
StartupIOWeight|weight|||IOWeight= while the machine starts.
IODeviceWeight|text|||IOWeight= on one device.
IOReadBandwidthMax|text|||Bytes a second that it may read from a device.
IOWriteBandwidthMax|text|||Bytes a second that it may write to a device.
IOReadIOPSMax|text|||Reads a second from a device.
IOWriteIOPSMax|text|||Writes a second to a device.
IODeviceLatencyTargetSec|text|240||How long its disk operations on a device should take on average.
IOAccounting|bool|||Counts what it reads and writes.
IPAccounting|bool|||Counts what it sends and receives.
IPAddressAllow|list||any localhost link-local multicast|Addresses that it may talk to.
IPAddressDeny|list||any localhost link-local multicast|Addresses that it may not talk to; any leaves those of IPAddressAllow=.
IPIngressFilterPath|path|243||A BPF program that sees what it receives.
IPEgressFilterPath|path|243||A BPF program that sees what it sends.
SocketBindAllow|text|249||Ports that it may listen on.
SocketBindDeny|text|249||Ports that it may not listen on.
RestrictNetworkInterfaces|list|250||Network interfaces that it may use, or with a leading ~ may not.
BPFProgram|text|249||A BPF program of its control group.
NFTSet|text|255||Puts it into a set of the firewall.
DeviceAllow|text|||Devices that it may use, with r, w and m.
DevicePolicy|choice||auto closed strict|Whether it may use devices that DeviceAllow= does not name.
Slice|units|||The slice with which it shares limits.
Delegate|text||yes no|Lets it manage control groups below its own.
DelegateSubgroup|text|254||The group below its own into which its processes go.
DisableControllers|list|240|cpu cpuset io memory pids|Controllers that are not used below it.
ManagedOOMSwap|choice|247|auto kill|Whether systemd-oomd may end it when swap runs out.
ManagedOOMMemoryPressure|choice|247|auto kill|Whether systemd-oomd may end it under memory pressure.
ManagedOOMMemoryPressureLimit|percent|247||The memory pressure from which on it may.
ManagedOOMMemoryPressureDurationSec|time|257||How long that pressure must last.
ManagedOOMPreference|choice|248|none avoid omit|Whether systemd-oomd spares it.
MemoryPressureWatch|choice|254|auto on off skip|Whether it is told of memory pressure.
MemoryPressureThresholdSec|time|254||The pressure from which on it is told.
CoredumpReceive|bool|255||Takes the core dumps of containers in it.
CPUShares|old|||Use CPUWeight=.
StartupCPUShares|old|||Use StartupCPUWeight=.
MemoryLimit|old|||Use MemoryMax=.
BlockIOAccounting|old|||Use IOAccounting=.
BlockIOWeight|old|||Use IOWeight=.
StartupBlockIOWeight|old|||Use StartupIOWeight=.
BlockIODeviceWeight|old|||Use IODeviceWeight=.
BlockIOReadBandwidth|old|||Use IOReadBandwidthMax=.
BlockIOWriteBandwidth|old|||Use IOWriteBandwidthMax=.
`;
