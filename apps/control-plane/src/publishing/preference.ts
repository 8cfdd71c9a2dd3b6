/** Seconds of a `Prefer: wait=<seconds>` (RFC 7240); undefined when there is none that makes sense. */
export function waitPreference(header: string | readonly string[] | undefined): number | undefined {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  for (const preference of text.split(',')) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;.*)?$/i.exec(preference) ?? [];
    // The first one counts, says the RFC.
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}
