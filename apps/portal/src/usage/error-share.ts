/** `3 (12 %)`; what is not nothing is at least `<1 %`. */
export function errorShare({ requests, errors }: { requests: number; errors: number }): string {
  if (errors === 0) return '0';
  const percent = Math.round((100 * errors) / requests);
  return `${errors.toLocaleString('en-GB')} (${percent === 0 ? '<1' : percent} %)`;
}
