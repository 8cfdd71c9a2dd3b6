import type { FailureDetail } from '@portico/contracts';

const NAMED_MAX = 50;

/** Message and details of a 409 that names what is in the way. */
export function inUse(
  what: string,
  users: readonly { readonly id: string; readonly name: string }[],
): [string, FailureDetail[]] {
  const named = users.slice(0, NAMED_MAX);
  const more = users.length - named.length;
  const names = named.map(({ id }) => id).join(', ');
  const tail = more > 0 ? ` and ${more} more` : '';
  return [
    `This ${what} is in use by ${names}${tail}.`,
    named.map(({ id, name }) => ({ path: id, message: `uses it (${name})` })),
  ];
}
