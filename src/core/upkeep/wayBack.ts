import type { RemoteCommand } from '../remote/command';
import { rootScript } from './task';
import type { WayBack } from './task';

/** Seconds after which the machine goes back by itself. */
export const WAY_BACK_SECONDS = 90;

const UNIT = 'skylab-way-back';
/** Root's alone, and gone after a restart, as the timer is. */
const FOLDER = '/run/skylab/way-back';

/**
 * Arms the way back: keeps what it needs, and has systemd run it after a while, whatever becomes of this connection.
 * One at a time: while one is armed, another is refused (exit code 75).
 */
export function armWayBack(wayBack: WayBack, seconds = WAY_BACK_SECONDS): RemoteCommand<'armed' | 'taken'> {
  const script = `if systemctl is-active --quiet ${UNIT}.timer ${UNIT}.service; then exit 75; fi
rm -rf ${FOLDER}; umask 077; mkdir -p ${FOLDER}
cat >${FOLDER}/restore
sh -eu -c "$1" keep ${FOLDER}
systemctl reset-failed ${UNIT}.service 2>/dev/null || :
systemd-run --quiet --collect --unit=${UNIT} --on-active="$2" --timer-property=AccuracySec=1s -- sh ${FOLDER}/restore ${FOLDER}`;
  return {
    ...rootScript(script, [wayBack.keep, String(seconds)], 'arm the way back', restoreScript(wayBack)),
    okCodes: [0, 75],
    parse: (_, code) => (code === 75 ? 'taken' : 'armed'),
  };
}

/** The change is good: the machine keeps it. Fails when the machine is going back already. */
export const disarmWayBack: RemoteCommand = rootScript(
  `systemctl is-active --quiet ${UNIT}.timer
systemctl stop ${UNIT}.timer
rm -rf ${FOLDER}`,
  [],
  'keep the change',
);

/** Goes back now instead of by the timer. A way back that ran already does no harm twice. */
export const goBackNow: RemoteCommand = rootScript(
  `if systemctl is-active --quiet ${UNIT}.timer; then systemctl stop ${UNIT}.timer; fi
if [ -e ${FOLDER}/restore ]; then sh ${FOLDER}/restore ${FOLDER}; rm -rf ${FOLDER}; fi`,
  [],
  'go back',
);

function restoreScript({ restore }: WayBack): string {
  return `export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"\n${restore}\n`;
}
