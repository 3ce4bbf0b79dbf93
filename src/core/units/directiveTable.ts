/**
 * Settings of units: `Name|kind|since|values|help`. `since` is the first systemd that knows it, where that is newer than 239;
 * `values` are those of a choice, or ones that are good beside others. The most used of a section come first.
 */
export const unitRows = `
Description|text|||What the unit is, in a few words: shown wherever it is listed.
Documentation|text||https: man: file:|Addresses or manual pages that tell more, separated by spaces.
After|units||network-online.target docker.service|Starts only when these have started, if they start at all; says nothing about needing them.
Before|units|||These start only when this unit has started.
Requires|units|||Starts these, too; if one fails to start, or is stopped, so is this unit. Needs After= to wait for it.
Wants|units||network-online.target|Starts these, too, and goes on whether they succeed or not.
BindsTo|units|||Like Requires=, and stops when one of them ends for whatever reason.
PartOf|units|||Is stopped and restarted together with these, and not started by them.
Requisite|units|||Fails at once unless these run already.
Upholds|units|249||Keeps these running as long as this unit runs: what fails is started again.
Conflicts|units|||Cannot run beside these: starting one stops the other.
OnFailure|units|||Started when this unit fails.
OnSuccess|units|249||Started when this unit has ended well.
PropagatesReloadTo|units|||A reload of this unit reloads these, too.
ReloadPropagatedFrom|units|||A reload of these reloads this unit, too.
PropagatesStopTo|units|249||When this unit stops, these are stopped, too.
StopPropagatedFrom|units|249||When these stop, this unit is stopped, too.
JoinsNamespaceOf|units|||Shares /tmp, network and IPC with these, where both keep them private.
RequiresMountsFor|paths|||Needs whatever is mounted on the way to these paths, and waits for it.
WantsMountsFor|paths|256||Wants whatever is mounted on the way to these paths, and waits for it.
StartLimitIntervalSec|time|||Seconds in which at most StartLimitBurst= starts are allowed; 0 allows any number.
StartLimitBurst|int|||How many starts within StartLimitIntervalSec= are allowed before the unit counts as failed.
StartLimitAction|choice||none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force soft-reboot soft-reboot-force kexec kexec-force halt halt-force halt-immediate|What happens to the machine when the unit was started too often.
FailureAction|choice||none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force soft-reboot soft-reboot-force kexec kexec-force halt halt-force halt-immediate|What happens to the machine when the unit fails.
SuccessAction|choice||none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force soft-reboot soft-reboot-force kexec kexec-force halt halt-force halt-immediate|What happens to the machine when the unit ends well.
FailureActionExitStatus|int|240||Exit status of systemd itself where FailureAction= ends it.
SuccessActionExitStatus|int|240||Exit status of systemd itself where SuccessAction= ends it.
RebootArgument|text|||Handed to the reboot that StartLimitAction= or FailureAction= makes.
DefaultDependencies|bool|||Whether the usual order at boot and shutdown applies; no is for what runs very early or very late.
StopWhenUnneeded|bool|||Stops when nothing that runs needs it any more.
RefuseManualStart|bool|||Can only be started because another unit needs it.
RefuseManualStop|bool|||Can only be stopped together with others.
AllowIsolate|bool|||May be the target of systemctl isolate, which stops all else.
IgnoreOnIsolate|bool|||Goes on when another unit is isolated.
SurviveFinalKillSignal|bool|255||Its processes outlive the last killing at a soft reboot.
OnSuccessJobMode|choice|249|fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements|How the units of OnSuccess= are put in line.
OnFailureJobMode|choice||fail replace replace-irreversibly isolate flush ignore-dependencies ignore-requirements|How the units of OnFailure= are put in line.
JobTimeoutSec|time|||How long a start or stop may stand in line and run before it is given up.
JobRunningTimeoutSec|time|||How long a start or stop may run before it is given up.
JobTimeoutAction|choice||none reboot reboot-force reboot-immediate poweroff poweroff-force poweroff-immediate exit exit-force soft-reboot soft-reboot-force kexec kexec-force halt halt-force halt-immediate|What happens to the machine when JobTimeoutSec= has passed.
JobTimeoutRebootArgument|text|||Handed to the reboot that JobTimeoutAction= makes.
CollectMode|choice||inactive inactive-or-failed|Whether a failed unit is forgotten by itself, like one that has ended.
ConditionFirmware|text|249|uefi device-tree|Starts only where the machine has this firmware, and is skipped otherwise.
SourcePath|path|||The file from which a generator has made this unit.
PropagateReloadTo|old|||Older name of PropagatesReloadTo=.
PropagateReloadFrom|old|||Older name of ReloadPropagatedFrom=.
BindTo|old|||Older name of BindsTo=.
RequiresOverridable|old|||Read as Requires=.
RequisiteOverridable|old|||Read as Requisite=.
OnFailureIsolate|old|||Older form of OnFailureJobMode=isolate.
StartLimitInterval|old|||Older name of StartLimitIntervalSec=.
`;

/** The conditions of [Unit], each of which is there as Condition… and as Assert…. */
export const conditionRows = `
PathExists|text|||this path exists
PathExistsGlob|text|||a path of this pattern exists
PathIsDirectory|text|||this path is a folder
PathIsSymbolicLink|text|||this path is a symbolic link
PathIsMountPoint|text|||something is mounted on this path
PathIsReadWrite|text|||the file system of this path can be written
PathIsEncrypted|text|246||the file system of this path is encrypted
DirectoryNotEmpty|text|||this folder has something in it
FileNotEmpty|text|||this file exists and is not empty
FileIsExecutable|text|||this file exists and can be run
NeedsUpdate|text|||this folder (/etc or /var) waits for an update of what comes with the system
FirstBoot|bool|||the machine starts for the first time
Architecture|text||x86-64 arm64|the machine has this processor
Virtualization|text||yes no vm container docker kvm amazon wsl|the machine runs inside this kind of virtual machine or container
Host|text|||the machine has this host name or machine id
KernelCommandLine|text|||the kernel was started with this word
KernelVersion|text|||the kernel's version fits, such as ">= 5.10"
Credential|text|252||this credential was handed to the machine or the service
Security|text||selinux apparmor tomoyo ima smack audit uefi-secureboot tpm2 cvm measured-uki|this security technology is in use
Capability|text|||systemd itself has this capability
ACPower|bool|||the machine is on mains power
Memory|text|244||the machine has this much memory, such as ">= 2G"
CPUFeature|text|248||the processor has this feature
CPUs|text|244||the machine has this many processors, such as ">= 2"
Environment|text|246||this variable is set in systemd's own environment
User|text|||systemd runs as this user
Group|text|||systemd runs as this group
ControlGroupController|text|240||this control group controller is there
OSRelease|text|249||os-release says this, such as ID=debian
MemoryPressure|text|250||the memory pressure of the last minutes is below this
CPUPressure|text|250||the processor pressure of the last minutes is below this
IOPressure|text|250||the disk pressure of the last minutes is below this
`;

export const installRows = `
WantedBy|units||multi-user.target timers.target sockets.target default.target graphical.target|What starts this unit once it is enabled; multi-user.target is the normal boot.
RequiredBy|units|||Like WantedBy=, and that unit fails where this one does.
UpheldBy|units|254||Like WantedBy=, and that unit keeps this one running.
Alias|units|||Further names under which it is there once it is enabled.
Also|units|||Enabled and disabled together with this one.
DefaultInstance|text|||What stands for %i where a template is enabled without an instance.
`;

export const timerRows = `
OnCalendar|calendar||daily hourly weekly monthly *-*-*_03:00:00 Mon..Fri_09:00|Runs at these moments of the calendar; can stand several times.
OnBootSec|time|||Runs so long after the machine has started.
OnUnitActiveSec|time|||Runs so long after the last start of what it starts.
OnUnitInactiveSec|time|||Runs so long after the end of what it starts.
OnActiveSec|time|||Runs so long after the timer was started.
OnStartupSec|time|||Runs so long after systemd was started; for a person's own timers that is the login.
Persistent|bool|||Makes up, after a time off, for a run of OnCalendar= that was missed.
RandomizedDelaySec|time|||Each run is delayed by a random time up to this, so that many machines don't run at once.
FixedRandomDelay|bool|247||The random delay is always the same on one machine.
AccuracySec|time|||How exact the moment must be; the default of 1 min lets timers wake the machine together.
Unit|units|||What it starts; the service of the same name unless this says otherwise.
WakeSystem|bool|||Wakes a machine that sleeps.
RemainAfterElapse|bool|||Stays loaded when it will never run again.
OnClockChange|bool|242||Runs when the clock was set.
OnTimezoneChange|bool|242||Runs when the time zone was changed.
DeferReactivation|bool|257||Skips the run that would follow at once after a long one.
`;

export const socketRows = `
ListenStream|text|||A port, address:port or path on which connections (TCP or a stream socket) are taken.
ListenDatagram|text|||A port, address:port or path on which datagrams (UDP) are taken.
ListenSequentialPacket|text|||A path of a Unix socket for sequential packets.
ListenFIFO|path|||A named pipe.
ListenSpecial|path|||A special file, such as a device.
ListenNetlink|text|||A family of the kernel's netlink, and a group.
ListenMessageQueue|text|||A POSIX message queue, with a leading slash.
ListenUSBFunction|path|||Endpoints of a USB gadget.
Accept|bool|||Starts an instance of the service for every connection, instead of handing over the socket.
Service|units|||The service that is started; that of the same name unless this says otherwise.
SocketUser|user|||Who owns the socket's file.
SocketGroup|user|||The group of the socket's file.
SocketMode|mode|||The permissions of the socket's file; 0666 unless said.
DirectoryMode|mode|||The permissions of folders that are made for it.
SocketProtocol|choice||udplite sctp mptcp|A protocol other than TCP and UDP.
BindIPv6Only|choice||default both ipv6-only|Whether a socket of IPv6 takes connections of IPv4, too.
Backlog|int|||How many connections may wait.
BindToDevice|text|||Only what comes in on this network interface.
FreeBind|bool|||May bind to an address that the machine does not have yet.
Transparent|bool|||May take connections for addresses of others.
Broadcast|bool|||May send to everyone in the network.
Writable|bool|||Opens the special file for writing, too.
FlushPending|bool|247||Throws away what has arrived before the service is started.
MaxConnections|int|||How many instances may run at once with Accept=yes.
MaxConnectionsPerSource|int|||The same for each address that connects.
KeepAlive|bool|||Asks now and then whether the other side still lives.
KeepAliveTimeSec|time|||How long a connection is silent before it is asked.
KeepAliveIntervalSec|time|||How long between two such questions.
KeepAliveProbes|int|||How many unanswered ones end the connection.
NoDelay|bool|||Sends small packets at once.
DeferAcceptSec|time|||Wakes the service only when data has arrived, or this has passed.
Priority|int|||Priority of all packets.
ReceiveBuffer|size|||Size of the receive buffer.
SendBuffer|size|||Size of the send buffer.
IPTOS|text||low-delay throughput reliability low-cost|Type of service in the packets.
IPTTL|int|||Time to live of the packets.
Mark|int|||Firewall mark of the packets.
ReusePort|bool|||Several sockets may listen on the port.
SmackLabel|text|||SMACK label of the socket's file.
SmackLabelIPIn|text|||SMACK label of what comes in.
SmackLabelIPOut|text|||SMACK label of what goes out.
SELinuxContextFromNet|bool|||Takes the SELinux context from the other side.
PipeSize|size|||Size of the named pipe.
MessageQueueMaxMessages|int|||Messages that the queue holds.
MessageQueueMessageSize|int|||Bytes that a message of the queue holds.
PassCredentials|bool|||The service learns who is on the other side of a Unix socket.
PassFileDescriptorsToExec|bool|256||Commands of the socket get its file descriptors, too.
PassSecurity|bool|||The service learns the other side's security context.
PassPacketInfo|bool|246||The service learns to which address a packet came.
Timestamping|choice|247|off us usec µs ns nsec|Packets carry the moment of their arrival.
TCPCongestion|text||cubic bbr reno|Congestion control of TCP.
ExecStartPre|exec|||Run before the socket is opened.
ExecStartPost|exec|||Run after the socket was opened.
ExecStopPre|exec|||Run before the socket is closed.
ExecStopPost|exec|||Run after the socket was closed.
TimeoutSec|time|||How long these commands may take.
RemoveOnStop|bool|||Removes the socket's file when it stops.
Symlinks|paths|||Links that lead to the socket's file.
FileDescriptorName|text|||The name by which the service finds the socket.
TriggerLimitIntervalSec|time|||Time in which the service may be started TriggerLimitBurst= times.
TriggerLimitBurst|int|||How often the service may be started in that time.
PollLimitIntervalSec|time|255||Time in which the socket may wake systemd PollLimitBurst= times.
PollLimitBurst|int|255||How often the socket may wake systemd in that time.
`;

export const pathRows = `
PathExists|path|||Starts the unit when this path exists.
PathExistsGlob|path|||Starts the unit when a path of this pattern exists.
PathChanged|path|||Starts the unit when this was changed and closed.
PathModified|path|||Starts the unit at every write to this.
DirectoryNotEmpty|path|||Starts the unit when this folder has something in it.
Unit|units|||What it starts; the service of the same name unless this says otherwise.
MakeDirectory|bool|||Makes the folder that is watched.
DirectoryMode|mode|||The permissions of that folder.
TriggerLimitIntervalSec|time|250||Time in which the unit may be started TriggerLimitBurst= times.
TriggerLimitBurst|int|250||How often the unit may be started in that time.
`;

export const mountRows = `
What|text|||What is mounted: a device, UUID=…, or host:/path.
Where|path|||Where: the unit's name must be this path, as systemd-escape --path gives it.
Type|text||ext4 xfs nfs fuse.sshfs tmpfs|The kind of file system.
Options|text||noatime ro nofail _netdev|Mount options, separated by commas.
SloppyOptions|bool|||Options that the file system does not know are left out.
LazyUnmount|bool|||Takes it out of sight at once, and unmounts when nobody uses it any more.
ReadWriteOnly|bool|246||Fails instead of mounting it read-only.
ForceUnmount|bool|||Unmounts even where a server does not answer.
DirectoryMode|mode|||The permissions of folders that are made for it.
TimeoutSec|time|||How long the mount command may take.
`;

export const automountRows = `
Where|path|||The path whose first use mounts it; the unit's name must be this path.
ExtraOptions|text|250||Further mount options of the waiting place.
DirectoryMode|mode|||The permissions of folders that are made for it.
TimeoutIdleSec|time|||Unmounts after so long without use; 0 never does.
`;

export const swapRows = `
What|path|||The device or file that becomes swap; the unit's name must be this path.
Priority|int|||Higher ones are used first.
Options|text||discard nofail|Options of swapon, separated by commas.
TimeoutSec|time|||How long swapon may take.
`;

export const scopeRows = `
RuntimeMaxSec|time|||How long it may run before it is ended.
RuntimeRandomizedExtraSec|time|250||Up to so much longer, at random.
TimeoutStopSec|time|||How long its processes have to end before they are killed.
OOMPolicy|choice|243|continue stop kill|What becomes of it when the kernel kills one of its processes for want of memory.
`;
