/** A journal being rewritten, until it takes the place of the one before it. */
export const NEXT_SUFFIX = '.next';
const SUFFIX = '.journal';

/** `<pid>~<node>.journal`: who writes it can be told without reading it. */
export const journalName = (pid: number, node: string): string =>
  `${pid}~${encodeURIComponent(node)}${SUFFIX}`;

/** The process that writes, or wrote, a file of this name; `null` when it is no journal of any. */
export function writerOf(name: string): number | null {
  const match = /^(\d{1,15})~.+\.journal(?:\.next)?$/.exec(name);
  return match === null ? null : Number(match[1]);
}
