import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { rootScript } from '../upkeep/task';
import { ONEADMIN } from './oneadmin';

export const ECONE_CONF = '/etc/one/econe.conf';
/** Where econe-server has templates of its own, for `:use_file_templates:`. */
const TEMPLATES = '/etc/one/ec2query_templates';

/** OpenNebula's server for the EC2 interface, as it stands on the machine. */
export interface EconeFacts {
  /** Absent where there is none, as from OpenNebula 6.0 on. */
  readonly conf?: string;
  readonly templates: readonly { readonly path: string; readonly text: string }[];
  /** systemd's unit, or OpenNebula's own script. */
  readonly service: 'unit' | 'script' | 'none';
  readonly running: boolean;
  readonly lighttpd: boolean;
}

/** Shell that says how it stands; needs `one`. A process counts whether systemd has started it or a person. */
export const ECONE_SCRIPT = `packed() { base64 <"$1" | tr -d '\\n'; }
if [ -r ${ECONE_CONF} ]; then printf 'conf %s\\n' "$(packed ${ECONE_CONF})"; fi
for file in ${TEMPLATES}/*.erb; do if [ -r "$file" ]; then printf 'template %s %s\\n' "$file" "$(packed "$file")"; fi; done
if systemctl cat opennebula-econe.service >/dev/null 2>&1; then echo service unit
elif command -v econe-server >/dev/null 2>&1; then echo service script; fi
if pgrep -u oneadmin -f 'ruby.*econe-server[.]rb' >/dev/null 2>&1; then echo running; fi
if command -v lighttpd >/dev/null 2>&1; then echo lighttpd; fi`;

/** How econe-server stands; asks nothing of OpenNebula itself, which may be down. Changes nothing. */
export const econeFacts: RemoteCommand<EconeFacts> = {
  ...rootScript(`set +eu\n${ONEADMIN}\n${ECONE_SCRIPT}\nexit 0`, [], 'look at econe-server'),
  parse: readEcone,
};

/** Reads what the shell above prints; other lines are passed over. */
export function readEcone(text: string): EconeFacts {
  const templates: { path: string; text: string }[] = [];
  let conf: string | undefined;
  let service: EconeFacts['service'] = 'none';
  let [running, lighttpd] = [false, false];
  const unpacked = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
  for (const line of text.split('\n')) {
    const [key, value = '', more = ''] = line.split(' ');
    if (key === 'conf') conf = unpacked(value);
    else if (key === 'template') templates.push({ path: value, text: unpacked(more) });
    else if (key === 'service' && (value === 'unit' || value === 'script')) service = value;
    else if (key === 'running') running = true;
    else if (key === 'lighttpd') lighttpd = true;
  }
  return { ...(conf === undefined ? {} : { conf }), templates, service, running, lighttpd };
}

/** The text of econe.conf. @throws SkylabError `NoEcone` */
export function confOf({ conf }: EconeFacts): string {
  if (conf !== undefined) return conf;
  throw new SkylabError(`This OpenNebula has no ${ECONE_CONF}.`, {
    next: 'The EC2 interface came with OpenNebula up to 5.12; on some systems it is a package of its own, such as opennebula-sunstone.',
    code: 'NoEcone',
  });
}
