/** Settings of how processes are run: of services, sockets, mounts and swaps; see directiveTable for the columns. */
export const execRows = `
WorkingDirectory|path||~|The folder in which it runs; a leading - forgives a missing one.
User|user|||Who it runs as.
Group|user|||Its group; the user's own unless said.
SupplementaryGroups|list|||Further groups of the processes.
DynamicUser|bool|||Runs as a user that exists only as long as it runs.
Environment|env|||Variables as NAME=value, in double quotes where a value has spaces.
EnvironmentFile|path|||A file of NAME=value lines; a leading - forgives a missing one.
PassEnvironment|list|||Variables of systemd itself that it gets.
UnsetEnvironment|list|||Variables that it does not get.
StandardInput|text||null tty tty-force tty-fail data file: socket fd:|Where its input comes from.
StandardOutput|text||journal null tty inherit kmsg file: append: truncate: socket fd:|Where its output goes; the journal unless said.
StandardError|text||inherit journal null tty kmsg file: append: truncate: socket fd:|Where its errors go; where its output goes unless said.
StandardInputText|text|||Text that it reads as its input.
StandardInputData|text|||Bytes, as base64, that it reads as its input.
SyslogIdentifier|text|||The name by which its lines are marked in the journal.
SyslogFacility|choice||kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7|The facility of its lines.
SyslogLevel|choice||emerg alert crit err warning notice info debug|How important its lines are unless they say so.
SyslogLevelPrefix|bool|||Whether a leading <3> says how important a line is.
LogLevelMax|choice||emerg alert crit err warning notice info debug|Lines less important than this are dropped.
LogRateLimitIntervalSec|time|240||Time in which it may write LogRateLimitBurst= lines.
LogRateLimitBurst|int|240||How many lines in that time; the rest is dropped.
LogExtraFields|text|||Further fields of each of its lines.
LogFilterPatterns|text|253||Only lines of these patterns, or with a leading ~ only others.
LogNamespace|text|245||A journal of its own.
UMask|mode|||Permissions that files it makes don't get; 0022 unless said.
Nice|int|||From -20 (first) to 19 (last).
NoNewPrivileges|bool|||Neither it nor its children ever gain rights: sudo and set-id programs don't work.
PrivateTmp|choice||yes no disconnected|A /tmp and /var/tmp of its own.
ProtectSystem|choice||yes no full strict|Makes /usr and /boot read-only; full adds /etc, strict everything but /dev, /proc and /sys.
ProtectHome|choice||yes no read-only tmpfs|Hides /home, /root and /run/user, or makes them read-only.
ReadWritePaths|paths|||What it may write in spite of ProtectSystem=; a leading - forgives a missing one.
ReadOnlyPaths|paths|||What it may only read.
InaccessiblePaths|paths|||What it does not see.
ExecPaths|paths|248||Where it may run programs from in spite of NoExecPaths=.
NoExecPaths|paths|248||Where it may run no programs from.
ExecSearchPath|text|250||Folders, separated by colons, in which its programs are looked for.
StateDirectory|list|||Folders below /var/lib that are made for it and stay.
CacheDirectory|list|||Folders below /var/cache that are made for it.
LogsDirectory|list|||Folders below /var/log that are made for it.
RuntimeDirectory|list|||Folders below /run that are made for it and go when it ends.
ConfigurationDirectory|list|||Folders below /etc that are made for it.
StateDirectoryMode|mode|||The permissions of StateDirectory=.
CacheDirectoryMode|mode|||The permissions of CacheDirectory=.
LogsDirectoryMode|mode|||The permissions of LogsDirectory=.
RuntimeDirectoryMode|mode|||The permissions of RuntimeDirectory=.
ConfigurationDirectoryMode|mode|||The permissions of ConfigurationDirectory=.
RuntimeDirectoryPreserve|choice||no yes restart|Whether RuntimeDirectory= outlives the service.
TimeoutCleanSec|time|244||How long systemctl clean may take.
PrivateDevices|bool|||A /dev without disks, cameras and the like.
PrivateNetwork|bool|||A network of its own, with nothing but its loopback.
PrivateUsers|text||yes no self identity|Users of its own: all others look like nobody.
PrivateMounts|bool|||What it mounts is seen by nobody else.
PrivateIPC|bool|248||Shared memory and message queues of its own.
PrivatePIDs|bool|257||It sees no processes but its own.
ProtectKernelTunables|bool|||/proc/sys, /sys and the like are read-only.
ProtectKernelModules|bool|||It can load no kernel modules.
ProtectKernelLogs|bool|244||It cannot read the kernel's log.
ProtectControlGroups|choice||yes no private strict|/sys/fs/cgroup is read-only.
ProtectClock|bool|245||It cannot set the clock.
ProtectHostname|text|242|yes no private|It cannot change the machine's name.
ProtectProc|choice|247|default invisible ptraceable noaccess|Which processes of others it sees in /proc.
ProcSubset|choice|247|all pid|Whether it sees more of /proc than processes.
RestrictAddressFamilies|list||AF_UNIX AF_INET AF_INET6 AF_NETLINK none|The kinds of sockets that it may open.
RestrictNamespaces|list||yes no cgroup ipc net mnt pid user uts|The kinds of namespaces that it may make; yes allows none.
RestrictRealtime|bool|||It may not ask for real-time scheduling.
RestrictSUIDSGID|bool|242||It may not make set-id files.
RestrictFileSystems|list|250||The kinds of file systems that it may open.
LockPersonality|bool|||It cannot change its kernel personality.
MemoryDenyWriteExecute|bool|||No memory may be both written and run; breaks programs that compile as they run.
MemoryKSM|bool|254||Equal pages of memory are shared.
RemoveIPC|bool|||Shared memory of its user goes when it ends.
CapabilityBoundingSet|list||CAP_NET_BIND_SERVICE|The rights of root that it can have at most; empty is none.
AmbientCapabilities|list||CAP_NET_BIND_SERVICE|Rights of root that it has although it runs as someone else.
SecureBits|list||keep-caps keep-caps-locked no-setuid-fixup no-setuid-fixup-locked noroot noroot-locked|Bits that change what root means.
SystemCallFilter|list||@system-service @basic-io @file-system @network-io ~@privileged ~@resources|System calls that it may make; a leading ~ names those that it may not.
SystemCallErrorNumber|text||EPERM kill|The error of a call that it may not make, instead of its end.
SystemCallArchitectures|list||native|The architectures whose calls it may make.
SystemCallLog|list|247||Calls that are written down.
KeyringMode|choice||inherit private shared|The kernel keyring that it has.
SetCredential|text|247||A credential: its name, a colon and its text.
SetCredentialEncrypted|text|250||The same, encrypted.
LoadCredential|text|247||A credential from a file: its name, a colon and a path.
LoadCredentialEncrypted|text|250||The same, encrypted.
ImportCredential|text|254||Credentials of the machine by a pattern.
RootDirectory|path|||The folder that is / for it.
RootImage|path|||A disk image that is / for it.
RootImageOptions|text|247||Mount options of RootImage=.
RootImagePolicy|text|254||Which partitions of RootImage= are taken.
RootHash|text|246||Hash by which RootImage= is checked.
RootHashSignature|text|246||Signature of that hash.
RootVerity|path|246||Checking data of RootImage=.
RootEphemeral|bool|254||What it changes below RootDirectory= is thrown away.
MountAPIVFS|bool|||Mounts /proc, /sys and /dev in its root.
BindLogSockets|bool|257||The journal's sockets are there in its root.
MountImages|text|247||Disk images that are mounted for it.
MountImagePolicy|text|254||Which partitions of MountImages= are taken.
ExtensionImages|text|248||Images that are laid over its /usr and /opt.
ExtensionDirectories|paths|251||Folders that are laid over its /usr and /opt.
ExtensionImagePolicy|text|254||Which partitions of ExtensionImages= are taken.
BindPaths|text|||Paths that are there at another place for it: source:destination.
BindReadOnlyPaths|text|||The same, read-only.
TemporaryFileSystem|text|||Paths that are empty and in memory for it.
MountFlags|choice||shared slave private|Whether what is mounted elsewhere is seen by it.
NetworkNamespacePath|path|242||The network that it joins.
IPCNamespacePath|path|248||The IPC namespace that it joins.
LimitNOFILE|rlimit|||How many files it may have open.
LimitNPROC|rlimit|||How many processes its user may have.
LimitCORE|rlimit|||How large a core dump may be.
LimitMEMLOCK|rlimit|||How much memory it may lock.
LimitCPU|rlimit|||Processor time that it may use.
LimitFSIZE|rlimit|||How large a file it may write.
LimitDATA|rlimit|||How large its data may be.
LimitSTACK|rlimit|||How large its stack may be.
LimitRSS|rlimit|||Has no effect on Linux.
LimitAS|rlimit|||How large its address space may be.
LimitLOCKS|rlimit|||How many locks it may hold.
LimitSIGPENDING|rlimit|||How many signals may wait for it.
LimitMSGQUEUE|rlimit|||Bytes of its message queues.
LimitNICE|rlimit|||How far it may raise its priority.
LimitRTPRIO|rlimit|||Its highest real-time priority.
LimitRTTIME|rlimit|||Real-time processor time without a pause.
OOMScoreAdjust|int|||From -1000 (last) to 1000 (first) to be killed for want of memory.
CoredumpFilter|text|246||What of its memory a core dump has.
IOSchedulingClass|choice||0 1 2 3 none realtime best-effort idle|Its class among those who use the disks.
IOSchedulingPriority|int|||From 0 (first) to 7 (last) in that class.
CPUSchedulingPolicy|choice||other batch idle fifo rr ext|How its processor time is shared out.
CPUSchedulingPriority|int|||From 1 to 99 with fifo and rr.
CPUSchedulingResetOnFork|bool|||Its children have ordinary scheduling.
CPUAffinity|text||numa|The processors on which it runs: 0-3 6.
NUMAPolicy|choice|243|default preferred bind interleave local|Which memory nodes it uses.
NUMAMask|text|243||The nodes of NUMAPolicy=.
TimerSlackNSec|time|||How inexact its timers may be.
Personality|choice||x86 x86-64 ppc ppc-le ppc64 ppc64-le s390 s390x arm64 arm|The architecture that uname tells it.
IgnoreSIGPIPE|bool|||Whether writing to a closed pipe only fails instead of ending it; yes unless said.
SetLoginEnvironment|bool|255||Sets HOME, LOGNAME and SHELL.
PAMName|text|||Opens a login session by this PAM service.
TTYPath|path|||The terminal of StandardInput=tty.
TTYReset|bool|||Resets that terminal.
TTYVHangup|bool|||Hangs up that terminal.
TTYVTDisallocate|bool|||Clears that terminal.
TTYRows|int|250||Rows of that terminal.
TTYColumns|int|250||Columns of that terminal.
UtmpIdentifier|text|||The mark of its login record.
UtmpMode|choice||init login user|The kind of its login record.
SELinuxContext|text|||Its SELinux context.
AppArmorProfile|text|||Its AppArmor profile.
SmackProcessLabel|text|||Its SMACK label.
ReadWriteDirectories|old|||Older name of ReadWritePaths=.
ReadOnlyDirectories|old|||Older name of ReadOnlyPaths=.
InaccessibleDirectories|old|||Older name of InaccessiblePaths=.
`;
