/** One file of a journal: the process that writes it can be told without reading it. */
export interface JournalName {
  readonly pid: number;
  readonly node: string;
  /** Counts how often the journal was written anew: the file with the highest one replaces all others. */
  readonly generation: number;
}

/** `<pid>~<node>~<generation>.journal`. */
export const journalName = ({ pid, node, generation }: JournalName): string =>
  `${pid}~${encodeURIComponent(node)}~${generation}.journal`;

/** `null` when it is no journal. */
export function readJournalName(name: string): JournalName | null {
  const [, pid, node, generation] = /^(\d{1,15})~([^~]+)~(\d{1,15})\.journal$/.exec(name) ?? [];
  if (pid === undefined || node === undefined || generation === undefined) return null;
  return { pid: Number(pid), node, generation: Number(generation) };
}
