import { serviceFile } from '../units/generate';
import { commandWords } from '../units/escape';
import type { UnitFile } from '../units/verify';
import type { App } from './model';
import { appRoot, WEB_GROUP } from './model';

/** The socket on which the application answers; systemd holds it, so that no request is refused while gunicorn starts anew. */
export const socketPath = (name: string): string => `/run/${name}.sock`;

/** The units of an application: the socket, gunicorn, and its workers. They name the release by `current` and change seldom. */
export function appUnits({ name, source, web, workers }: App): readonly UnitFile[] {
  const root = appRoot(name);
  const folder = source.folder === '.' ? `${root}/current/app` : `${root}/current/app/${source.folder}`;
  const venv = `${root}/current/.venv`;
  const plan = (unit: string, description: string) => ({
    name: unit,
    description,
    user: name,
    folder,
    environmentFile: `${root}/current/.env`,
    hardened: true,
  });
  const always = [`Environment=SHARED=${root}/shared`, `Environment=PATH=${venv}/bin:/usr/local/bin:/usr/bin:/bin`];
  const socket = [
    '[Unit]',
    `Description=Socket of ${name}`,
    '',
    '[Socket]',
    `ListenStream=${socketPath(name)}`,
    `SocketUser=${name}`,
    `SocketGroup=${WEB_GROUP}`,
    'SocketMode=0660',
    '',
    '[Install]',
    'WantedBy=sockets.target',
    '',
  ].join('\n');
  const args = ['--workers', String(web.workers), '--timeout', String(web.timeout), '--access-logfile', '-', web.gunicorn];
  const service = serviceFile(name, plan(name, `${name}: gunicorn`), {
    unit: [`Requires=${name}.socket`, `After=${name}.socket`],
    service: [
      'Type=notify',
      ...always,
      `ExecStart=${commandWords(`${venv}/bin/gunicorn`, args)}`,
      'KillMode=mixed',
      `TimeoutStopSec=${web.timeout + 5}`,
      'Restart=on-failure',
      'RestartSec=2',
    ],
    install: true,
  });
  const beside = workers.flatMap((worker) => {
    const names = worker.count > 1 ? Array.from({ length: worker.count }, (_, index) => `-${index + 1}`) : [''];
    return names.map((number) =>
      serviceFile(`${name}-${worker.name}${number}`, plan('', `${name}: ${worker.name}${number.replace('-', ' ')}`), {
        service: [
          ...always,
          `ExecStart=${commandWords('/bin/sh', ['-c', `exec ${worker.command}`])}`,
          `KillSignal=${worker.signal}`,
          'KillMode=mixed',
          `TimeoutStopSec=${2 * worker.jobSeconds}`,
          'Restart=always',
          'RestartSec=5',
        ],
        install: true,
      }),
    );
  });
  return [{ path: `${name}.socket`, text: socket }, service, ...beside];
}
