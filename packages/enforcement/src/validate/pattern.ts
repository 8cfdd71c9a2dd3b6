/** A regular expression that cannot be made to hang the node. */
export interface SafePattern {
  test(text: string): boolean;
}

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: SafePattern }
  | { readonly ok: false; readonly problem: string };

const SOURCE_LENGTH_MAX = 1000;
/** A `{n,m}` that can go this far backtracks like an endless one. */
const LONG_REPEAT = 16;
/**
 * Longest text a pattern is tried on, by how many long repetitions it has: k of them can cost
 * length^k steps, which these bounds keep to milliseconds. Longer text simply does not match.
 */
const LENGTH_MAX_BY_REPEATS = [65_536, 4096, 1024, 256] as const;
const LENGTH_MAX_BEYOND = 96;
const REPEATS_MAX = 6;

/**
 * Compiles a partner-facing pattern (ECMAScript, `u` flag). Refused are those that can take
 * exponential time: back references, and a repeated group that can split one text in several ways.
 */
export function compilePattern(source: string): CompiledPattern {
  if (source.length > SOURCE_LENGTH_MAX) {
    return refuse(`is longer than ${SOURCE_LENGTH_MAX} characters`);
  }
  const expression = parse(source);
  if (expression === null) return refuse('is not a valid regular expression');
  const risk = new Scan(source).run();
  if (risk.problem !== null) return refuse(risk.problem);
  if (risk.repeats > REPEATS_MAX) return refuse(`has more than ${REPEATS_MAX} long repetitions`);
  const lengthMax = LENGTH_MAX_BY_REPEATS[risk.repeats] ?? LENGTH_MAX_BEYOND;
  const test = (text: string): boolean => text.length <= lengthMax && expression.test(text);
  return { ok: true, pattern: { test } };
}

const refuse = (problem: string): CompiledPattern => ({ ok: false, problem });

function parse(source: string): RegExp | null {
  try {
    return new RegExp(source, 'u');
  } catch {
    return null;
  }
}

interface Atom {
  readonly text: string;
  readonly isQuantified: boolean;
}

/** What one group has shown so far. */
interface Frame {
  readonly atoms: Atom[];
  /** First atom of every alternative. */
  readonly starts: string[];
  isAtStart: boolean;
  hasLongRepeat: boolean;
  hasGroup: boolean;
}

const AMBIGUOUS = 'repeats a group that can match the same text in several ways';

/** One walk over a pattern already known to be valid. */
class Scan {
  readonly #source: string;
  readonly #frames: Frame[] = [newFrame()];
  #at = 0;
  #repeats = 0;
  #problem: string | null = null;

  constructor(source: string) {
    this.#source = source;
  }

  run(): { readonly problem: string | null; readonly repeats: number } {
    while (this.#at < this.#source.length && this.#problem === null) this.#step();
    return { problem: this.#problem, repeats: this.#repeats };
  }

  #step(): void {
    const rest = this.#source.slice(this.#at);
    const open = /^\((?:\?(?:<?[=!]|:|<[^>]*>|[a-z-]*:))?/.exec(rest)?.[0];
    if (open !== undefined) return this.#open(open);
    if (rest.startsWith(')')) return this.#close();
    if (rest.startsWith('|')) return this.#alternative();
    if (/^\\(?:[1-9]|k<)/.test(rest)) {
      this.#problem = 'has a back reference';
      return;
    }
    this.#atom(ATOM.exec(rest)?.[0] ?? rest.charAt(0));
  }

  #open(text: string): void {
    this.#at += text.length;
    this.#frame().hasGroup = true;
    this.#frames.push(newFrame());
  }

  #alternative(): void {
    this.#at += 1;
    this.#frame().isAtStart = true;
  }

  #atom(text: string): void {
    this.#at += text.length;
    const quantifier = this.#quantifier();
    const frame = this.#frame();
    if (frame.isAtStart) frame.starts.push(quantifier.isAny ? '' : text);
    frame.isAtStart = false;
    frame.atoms.push({ text, isQuantified: quantifier.isAny });
    if (quantifier.isLong) this.#noteRepeat(frame);
  }

  #close(): void {
    this.#at += 1;
    const group = this.#frames.pop() ?? newFrame();
    const quantifier = this.#quantifier();
    const parent = this.#frame();
    if (parent.isAtStart) parent.starts.push('');
    parent.isAtStart = false;
    if (quantifier.isLong && !isUnambiguous(group)) this.#problem = AMBIGUOUS;
    if (quantifier.isLong) this.#noteRepeat(parent);
    parent.hasLongRepeat ||= group.hasLongRepeat;
  }

  #noteRepeat(frame: Frame): void {
    frame.hasLongRepeat = true;
    this.#repeats += 1;
  }

  /** Reads `*`, `+`, `?` or `{n,m}` if one is next, with its lazy `?`. */
  #quantifier(): { readonly isAny: boolean; readonly isLong: boolean } {
    const match = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.#source.slice(this.#at));
    if (match === null) return { isAny: false, isLong: false };
    const [text, least, hasRange, most] = match;
    this.#at += text.length;
    if (least === undefined) return { isAny: true, isLong: !text.startsWith('?') };
    const longest = hasRange === undefined ? Number(least) : most === '' ? Infinity : Number(most);
    return { isAny: true, isLong: longest > LONG_REPEAT };
  }

  #frame(): Frame {
    return this.#frames.at(-1) ?? newFrame();
  }
}

/** A class, an escape, or one character. */
const ATOM =
  /^(?:\[(?:\\[^]|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\c[A-Za-z]|\\[^]|[^])/u;

const newFrame = (): Frame => ({
  atoms: [],
  starts: [],
  isAtStart: true,
  hasLongRepeat: false,
  hasGroup: false,
});

/** True when a text can be cut into repetitions of this group in one way at most. */
function isUnambiguous({ atoms, starts, hasLongRepeat, hasGroup }: Frame): boolean {
  if (starts.length > 1) return !hasLongRepeat && !hasGroup && areDisjoint(starts);
  if (!hasLongRepeat) return !hasGroup && !atoms.some(({ isQuantified }) => isQuantified);
  if (hasGroup) return false;
  // `(-[a-z]+)*` and `([a-z]+\.)*`: the separator says where each repetition begins or ends.
  return [atoms[0], atoms.at(-1)].some(
    (border) =>
      border !== undefined &&
      !border.isQuantified &&
      atoms.every((other) => other === border || areDisjoint([border.text, other.text])),
  );
}

const PROBES = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code));

/** True when no character can be matched by two of these atoms. */
function areDisjoint(atoms: readonly string[]): boolean {
  const expressions = atoms.map((atom) => (atom === '' ? null : parse(`^(?:${atom})$`)));
  if (expressions.includes(null)) return false;
  return PROBES.every((probe) => expressions.filter((one) => one?.test(probe)).length <= 1);
}
