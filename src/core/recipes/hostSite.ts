/** Where what a shipped recipe set up is opened; undefined where it has no site of its own. */
export function siteOf(id: string, values: Readonly<Record<string, string>>, address: string): string | undefined {
  const name = (key: string): string => (values[key] === undefined || values[key] === '' ? address : values[key]);
  if (id === 'graphterm') {
    if (values['GRAPHTERM_ROLE'] === 'host') return undefined;
    return `${values['GRAPHTERM_HTTPS'] === 'true' ? 'https' : 'http'}://${name('GRAPHTERM_NAME')}/`;
  }
  if (id === 'tljh') return values['TLJH_HTTPS'] === 'none' ? `http://${name('DOMAIN')}/` : `https://${name('DOMAIN')}/`;
  return undefined;
}
