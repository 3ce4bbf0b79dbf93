const MASK = '[removed]';

/** Forms by which a secret gives itself away wherever it stands. The first group is kept. */
const FORMS: readonly RegExp[] = [
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /()\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}/g,
  /()\$argon2(?:id|i|d)\$[^\s'"]+/g,
  /()\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|dckr_pat_[A-Za-z0-9_-]{16,}|xox[bpars]-[A-Za-z0-9-]{10,})/g,
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /(:\/\/[^/\s:@'"]*:)[^/\s@'"]+(?=@)/g,
  /(\bAuthorization['"]?\s*[:=]\s*['"]?(?:Basic|Bearer|Digest|AWS4-HMAC-SHA256)\s+)[^\s'",]+/gi,
  /([?&](?:[\w-]*(?:token|secret|signature|password|credential)[\w-]*)=)[^&\s'"]+/gi,
  /((?:\b|_)(?:pass(?:word|wd|phrase)?|secret(?:_?(?:access_?)?key)?|token|api_?key|private_?key|credentials?)['"]?\s*[:=]\s*)(?!\[|\{|$)(?:'[^'\n]*'|"[^"\n]*"|[^\s,;)}\]]+)/gi,
];

/** What a text may not tell to others. */
export interface Private {
  /** This computer's home folder. */
  readonly home: string;
  /** The login name on this computer. */
  readonly user: string;
  /** Values that are known to be secret. */
  readonly secrets?: readonly string[];
}

/** A text without passwords, keys, tokens and hashes, without the home folder's path and the login name. */
export function redact(text: string, { home, user, secrets = [] }: Private): string {
  let shown = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) if (secret.length >= 4) shown = shown.replaceAll(secret, MASK);
  for (const form of FORMS) shown = shown.replace(form, `$1${MASK}`);
  if (home.length > 1) shown = shown.replaceAll(home, '~');
  if (user.length >= 3 && user !== 'root')
    shown = shown.replace(new RegExp(`(?<![\\w-])${user.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'g'), '[user]');
  return shown;
}
