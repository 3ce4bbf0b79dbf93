import { hubsOf } from './hubs';

/** What GitHub asks of someone who registers an OAuth app. */
export interface AppRegistration {
  readonly name: string;
  readonly homepage: string;
  readonly callback: string;
  /** GitHub's form with these values filled in. */
  readonly page: string;
}

/**
 * The values for the app of a hub. With several hubs the callback is the site itself, since GitHub takes every address below the one that
 * is registered. Source: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps (redirect URLs)
 * @param server host name of GitHub or of a GitHub Enterprise Server; @param organization owner of the app, or empty for the person
 */
export function registrationOf(domain: string, compose: string, server = 'github.com', organization = ''): AppRegistration {
  const homepage = `https://${domain}`;
  const callback = hubsOf(compose).length > 1 ? `${homepage}/` : `${homepage}/hub/oauth_callback`;
  const name = `JupyterHub ${domain}`.slice(0, 34).trim();
  const query = new URLSearchParams({
    'oauth_application[name]': name,
    'oauth_application[url]': homepage,
    'oauth_application[callback_url]': callback,
  });
  const owner = organization === '' ? 'settings' : `organizations/${encodeURIComponent(organization)}/settings`;
  return { name, homepage, callback, page: `https://${server}/${owner}/applications/new?${query.toString()}` };
}

/** What is wrong with a client ID or secret as it was pasted, or undefined. */
export function pastedProblem(value: string): string | undefined {
  const text = value.trim();
  if (text === '') return 'Paste it from GitHub’s page of the app.';
  return /^[\x21-\x7e]{8,200}$/.test(text) ? undefined : 'That is more than the value itself: it has neither spaces nor line ends.';
}
