const DOTS = '••••••••••••';

/**
 * What to show in place of a secret: enough to recognise it by, never enough to use. `Bearer ` and
 * the token prefix stay readable, then dots, then the last four characters.
 */
export function maskSecret(value: string): string {
  const [, scheme = '', secret = ''] = /^((?:Bearer|Basic) )?(.*)$/s.exec(value) ?? [];
  // `<access token from …>` stands where a secret goes, and is none.
  if (/^<[^>]*>$/.test(secret)) return value;
  const prefix = /^portico_tok_/.exec(secret)?.[0] ?? '';
  const rest = secret.slice(prefix.length);
  return `${scheme}${prefix}${DOTS}${rest.length > 16 ? rest.slice(-4) : ''}`;
}
