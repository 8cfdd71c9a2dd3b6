/** One step of a JSON path: a member name, an index, or anything. */
export type PathStep =
  { readonly name: string } | { readonly index: number } | { readonly any: true };

/** What a collection's `redact` list means, read once when the collection is compiled. */
export interface RedactionRules {
  /** Lower case: header, query, form and JSON member names whose values never leave the node. */
  readonly names: ReadonlySet<string>;
  readonly paths: readonly (readonly PathStep[])[];
  /** True when the collection lists anything: a body that cannot be searched is then withheld. */
  readonly isStrict: boolean;
  /**
   * Finds any of the names as JSON writes them, or more. Nearly no body has one, and reading them all
   * took most of the time of a record. `null` where they have to be read: what the collection lists
   * may be paths, and a body that turns out to be no JSON has to be withheld.
   */
  readonly mention: RegExp | null;
}

/** Withheld whatever the collection says. */
export const ALWAYS_SECRET: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'apikey',
  'api_key',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-portico-portal',
  'client-cert',
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'password',
];

const STEP = /\.\.|\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\.?\[?\*\]?|\['([^']*)'\]|\["([^"]*)"\]/y;

/** `alsoSecret`: names of headers or query parameters that carry this collection's credentials. */
export function compileRedaction(
  entries: readonly string[],
  alsoSecret: readonly string[],
): RedactionRules {
  const names = new Set([...ALWAYS_SECRET, ...alsoSecret.map((name) => name.toLowerCase())]);
  const paths: PathStep[][] = [];
  for (const entry of entries) {
    if (!entry.startsWith('$')) {
      names.add(entry.toLowerCase());
      continue;
    }
    const steps = readPath(entry);
    if (typeof steps === 'string') names.add(steps);
    else paths.push(steps);
  }
  const isStrict = entries.length > 0;
  return { names, paths, isStrict, mention: isStrict ? null : mentionOf([...names]) };
}

/** What JSON writes as it is, or in `\u` escapes, which nobody needs for it. */
const PLAIN_NAME = /^[!#-.0-[\]-~]+$/;

function mentionOf(names: readonly string[]): RegExp | null {
  if (!names.every((name) => PLAIN_NAME.test(name))) return null;
  const literal = names.map((name) =>
    name.replace(/[^\w-]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`),
  );
  return new RegExp(`\\\\u|"(?:${literal.join('|')})"`, 'iu');
}

/**
 * Steps of `$.card.number`, `$.items[*].pan`, `$['a b'][0]`. A path we cannot follow exactly (`$..pan`,
 * filters) becomes the last name in it: that withholds more than asked, never less.
 */
function readPath(path: string): PathStep[] | string {
  const steps: PathStep[] = [];
  let at = 1;
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (found === null || found[0] === '..') return lastName(path);
    steps.push(stepOf(found));
    at = STEP.lastIndex;
  }
  return steps.length === 0 ? lastName(path) : steps;
}

function stepOf(found: RegExpExecArray): PathStep {
  const name = found[1] ?? found[3] ?? found[4];
  if (name !== undefined) return { name };
  return found[2] === undefined ? { any: true } : { index: Number(found[2]) };
}

const lastName = (path: string): string =>
  (path.match(/[A-Za-z_$][\w$-]*/g)?.at(-1) ?? path).toLowerCase();
