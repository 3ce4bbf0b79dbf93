import { randomBytes } from 'node:crypto';
import type { ComposeService } from '../compose/service';
import type { Tree } from '../compose/tree';
import type { Edit } from '../edits';
import type { MachineFacts } from '../facts';
import type { Lab } from '../lab';
import { MASK } from '../stacks/mask';
import type { Draft } from './draft';
import { listed, textOf } from './draft';

const SECRET_NAME = /PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY/i;
const NO_SECRET = /(_FILE|_PATH|_URL|_HOST|_USER|_LENGTH|_EXPIR\w*|_TTL|_ENABLED|_TYPE|_ALGORITHM)$|^ALLOW_|^DISABLE_|^ENABLE_/i;
/** Passwords that every scanner tries first. */
const KNOWN =
  /^(example|password|passw0rd|changeme|change-?me|change_me|secret|root|admin|toor|test|default|postgres|mysql|mariadb|mongo|redis|guest|user|123456?7?8?|qwerty|letmein|wordpress|somewordpress|p@ssw0rd|pass)$/i;
/** Private keys, by the names that people give them. */
const KEY_FILE = /^(id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|ppk|p12|pfx)|\.netrc|\.pgpass|credentials(\.json)?|service-account.*\.json)$/i;

type Use = ComposeService['environment'][number] & { readonly service: string };

/** Values that look like secrets and stand in the file in clear, one group for each value: who shares it keeps sharing it. */
function secretUses(lab: Lab): Use[][] {
  const groups = new Map<string, Use[]>();
  for (const service of lab.compose.services) {
    for (const variable of service.environment) {
      const { name, value } = variable;
      if (!SECRET_NAME.test(name) || NO_SECRET.test(name) || value === undefined || value === '' || value.includes('$')) continue;
      if (/^(true|false|yes|no|on|off|none|\/.*)$/i.test(value)) continue;
      groups.set(value, [...(groups.get(value) ?? []), { ...variable, service: service.name }]);
    }
  }
  return [...groups.values()];
}

/** How often a text stands anywhere in the model, inside addresses and commands as well. */
function countOf(tree: Tree, text: string, except: ReadonlySet<number>): number {
  if (tree.kind === 'leaf') return !except.has(tree.at.start) && tree.text.includes(text) ? 1 : 0;
  let count = 0;
  for (const item of tree.kind === 'list' ? tree.items : tree.entries.values()) count += countOf(item, text, except);
  return count;
}

function editFor(lab: Lab, use: Use, variable: string): Edit | undefined {
  const { path, start, end, value } = use.at;
  const raw = textOf(lab, path).slice(start, end);
  const whole = use.pair ? `${use.name}=${value}` : value;
  const plain = raw.replace(/^(["'])(.*)\1$/s, '$2');
  // what is escaped or goes over several lines stays for the person
  if (plain !== whole) return undefined;
  return { path, start, end, text: `"${use.pair ? `${use.name}=` : ''}\${${variable}}"` };
}

/** Secrets that the Compose files hold in clear, to hide them wherever else they stand. Passwords that everybody knows are words like others. */
export function writtenSecrets(lab: Lab): string[] {
  return secretUses(lab).flatMap(([first]) => (first?.value === undefined || KNOWN.test(first.value) ? [] : [first.value]));
}

/** Edits that hide the values: for what is shown of a file. */
export function maskEdits(lab: Lab): Edit[] {
  return secretUses(lab)
    .flat()
    .map(({ at: { path, start, end, value } }) => {
      const raw = textOf(lab, path).slice(start, end);
      return { path, start, end, text: value !== '' && raw.includes(value) ? raw.replace(value, () => MASK) : MASK };
    });
}

/** @param prior variables of the release that serves: a password that was made then stays */
export function secretFindings(lab: Lab, facts: MachineFacts, prior: ReadonlyMap<string, string>): Draft[] {
  const taken = new Set(lab.env.keys());
  const told = new Set<string>();
  const drafts: Draft[] = [];
  for (const uses of secretUses(lab)) {
    const [first] = uses;
    if (!first?.value) continue;
    const { value } = first;
    const variable = freeName(first, taken);
    taken.add(variable);
    const edits = uses.map((use) => editFor(lab, use, variable));
    const known = KNOWN.test(value);
    const alone = countOf(lab.compose.root, value, new Set(uses.map(({ at }) => at.start))) === 0;
    // a data folder that was set up with the old password would not know a new one
    const before = prior.get(variable);
    const kept = known || before === value ? before : undefined;
    const made = kept ?? (known && alone && !facts.current ? randomBytes(18).toString('base64url').replace(/[-_]/g, 'x') : undefined);
    const who = listed([...new Set(uses.map(({ service }) => service))]);
    const names = [...new Set(uses.map(({ name }) => name))].join(', ');
    const verb = new Set(uses.map(({ service }) => service)).size === 1 ? 'has' : 'have';
    const label =
      made !== undefined && kept === undefined ? `Put a new password into .env as ${variable}` : `Move it to .env as ${variable}`;
    const complete = edits.filter((edit) => edit !== undefined);
    drafts.push({
      id: told.has(first.service) ? `secret:${first.service}:${first.name}` : `secret:${first.service}`,
      severity: 'warning',
      message: known
        ? `${who} ${verb} a well-known password in ${first.at.path}: ${names}.`
        : `${who} ${verb} ${names} written into ${first.at.path}, where everybody who gets the file reads it.`,
      at: first.at,
      ...(complete.length === uses.length
        ? { fix: { label, edits: complete, onByDefault: kept !== undefined, secrets: new Map([[variable, made ?? value]]) } }
        : {}),
    });
    told.add(first.service);
  }
  return drafts;
}

/** The variable's own name, or the service's before it where that is taken. */
function freeName(use: Use, taken: ReadonlySet<string>): string {
  const name = use.name.replace(/\W/g, '_');
  if (!taken.has(name) && /^[A-Za-z_]/.test(name)) return name;
  const longer = `${use.service.toUpperCase().replace(/\W/g, '_')}_${name}`.replace(/^(\d)/, '_$1');
  let free = longer;
  for (let n = 2; taken.has(free); n++) free = `${longer}_${n}`;
  return free;
}

/** Private keys in the folder, which would be uploaded with the rest. */
export function keyFindings(lab: Lab): Draft[] {
  const keys = lab.folder.entries.filter((name) => KEY_FILE.test(name) && !lab.folder.folders.includes(name));
  if (keys.length === 0) return [];
  const message = `The folder holds what looks like a private key (${keys.join(', ')}): it goes to the machine with the rest.`;
  return [{ id: 'keys', severity: 'warning', message }];
}
