import { commandWords, lineText, wholePath } from './escape';
import { safeLines } from './security';
import type { UnitFile } from './verify';

/** What every generated service has. */
interface ServicePlan {
  /** Without `.service`. */
  readonly name: string;
  readonly description: string;
  readonly user: string;
  /** Absolute folder in which it runs; undefined for `/`. */
  readonly folder: string | undefined;
  /** Absolute path of a file of NAME=value lines; a missing one is forgiven. */
  readonly environmentFile: string | undefined;
  /** With the settings that an ordinary service does not miss. */
  readonly hardened: boolean;
}

export interface PythonAppPlan extends ServicePlan {
  /** Absolute path of the virtual environment. */
  readonly venv: string;
  /** `package.wsgi:application`. */
  readonly module: string;
  readonly workers: number;
  /** `127.0.0.1:8000`, or undefined for a Unix socket /run/NAME/NAME.sock. */
  readonly bind: string | undefined;
  /** Seconds after which a request is given up. */
  readonly timeout: number;
}

export interface WorkerPlan extends ServicePlan {
  readonly kind: 'huey' | 'celery' | 'rq';
  readonly venv: string;
  /** Huey: `app.huey`, or `manage.py` for Django. Celery: the app. rq: the queue. */
  readonly target: string;
  /** How many of them run side by side, each a unit of its own. */
  readonly count: number;
  /** Seconds that one job takes at most. */
  readonly jobSeconds: number;
}

export interface CommandPlan extends ServicePlan {
  /** As a person types it. */
  readonly command: string;
  readonly when: 'always' | 'once' | TimerPlan;
}

/** A moment of the calendar, or a span between two runs, as systemd.time(7) has them. */
export type TimerPlan = { readonly calendar: string } | { readonly every: string };

interface Parts {
  readonly unit?: readonly string[];
  readonly service: readonly string[];
  readonly install: boolean;
}

/** A service's file: what every generated one has, and its own lines. @param name without `.service` */
export function serviceFile(name: string, plan: ServicePlan, { unit = [], service, install }: Parts): UnitFile {
  const lines = [
    '[Unit]',
    `Description=${lineText(plan.description)}`,
    'After=network-online.target',
    'Wants=network-online.target',
    ...unit,
    '',
    '[Service]',
    `User=${plan.user}`,
    ...(plan.folder === undefined ? [] : [`WorkingDirectory=${wholePath(plan.folder)}`]),
    ...(plan.environmentFile === undefined ? [] : [`EnvironmentFile=-${wholePath(plan.environmentFile)}`]),
    ...service,
    ...(plan.hardened ? ['', '# What an ordinary service never needs.', ...safeLines] : []),
    ...(install ? ['', '[Install]', 'WantedBy=multi-user.target'] : []),
  ];
  return { path: `${name}.service`, text: `${lines.join('\n')}\n` };
}

/** gunicorn tells systemd itself when it is ready, and reloads its workers one by one on SIGHUP. */
export function pythonApp(plan: PythonAppPlan): UnitFile {
  const { name, venv, module, workers, bind, timeout } = plan;
  const args = ['--workers', String(workers), '--timeout', String(timeout), '--bind', bind ?? `unix:/run/${name}/${name}.sock`, module];
  return serviceFile(name, plan, {
    service: [
      'Type=notify',
      ...(bind === undefined ? [`RuntimeDirectory=${name}`] : []),
      `ExecStart=${commandWords(`${venv}/bin/gunicorn`, args)}`,
      'ExecReload=/bin/kill -s HUP $MAINPID',
      'KillMode=mixed',
      `TimeoutStopSec=${timeout + 5}`,
      'Restart=on-failure',
      'RestartSec=2',
    ],
    install: true,
  });
}

/**
 * Workers get twice the time of their longest job to end, and the signal that lets them finish it: for huey SIGINT (SIGTERM breaks the job
 * off), for celery and rq SIGTERM.
 */
export function workers(plan: WorkerPlan): UnitFile[] {
  const { name, kind, venv, target, count, jobSeconds } = plan;
  const command = {
    huey: target.endsWith('.py')
      ? commandWords(`${venv}/bin/python`, [target, 'run_huey'])
      : commandWords(`${venv}/bin/huey_consumer`, [target]),
    celery: commandWords(`${venv}/bin/celery`, ['--app', target, 'worker', '--loglevel', 'info', '--hostname', `${name}@%h`]),
    rq: commandWords(`${venv}/bin/rq`, ['worker', target]),
  }[kind];
  const names = count > 1 ? Array.from({ length: count }, (_, i) => `${name}-${i + 1}`) : [name];
  return names.map((one) =>
    serviceFile(one, plan, {
      service: [
        `ExecStart=${command}`,
        `KillSignal=${kind === 'huey' ? 'SIGINT' : 'SIGTERM'}`,
        'KillMode=mixed',
        `TimeoutStopSec=${2 * jobSeconds}`,
        'Restart=always',
        'RestartSec=5',
      ],
      install: true,
    }),
  );
}

/** A command as a service, once or as long as the machine runs, or by a timer beside it. */
export function commandUnits(plan: CommandPlan): UnitFile[] {
  const { name, when } = plan;
  const exec = `ExecStart=${commandLineOf(plan.command)}`;
  if (when === 'always') return [serviceFile(name, plan, { service: [exec, 'Restart=on-failure', 'RestartSec=5'], install: true })];
  const service = ['Type=oneshot', exec];
  if (when === 'once') return [serviceFile(name, plan, { service: [...service, 'RemainAfterExit=yes'], install: true })];
  return [serviceFile(name, plan, { service, install: false }), timerFile(name, plan.description, when)];
}

/** A run that was missed while the machine was off is made up for. */
function timerFile(name: string, description: string, when: TimerPlan): UnitFile {
  const lines =
    'calendar' in when
      ? [`OnCalendar=${lineText(when.calendar)}`, 'Persistent=yes']
      : ['OnBootSec=1min', `OnUnitActiveSec=${lineText(when.every)}`];
  const text = ['[Unit]', `Description=${lineText(description)}`, '', '[Timer]', ...lines, '', '[Install]', 'WantedBy=timers.target', ''];
  return { path: `${name}.timer`, text: text.join('\n') };
}

/** Plain words are run as they are; anything that a shell has to read is read by one. */
function commandLineOf(command: string): string {
  const line = command.trim();
  const words = line.split(/\s+/);
  const [program = '', ...args] = words;
  const plain = /^(\/|[a-z])/i.test(program) && words.every((word) => /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) && !/^\w+=/.test(program);
  return plain ? commandWords(program, args) : commandWords('/bin/sh', ['-c', line]);
}
