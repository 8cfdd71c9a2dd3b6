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
 * Longest text a pattern is tried on. With k long repetitions it can take length^k steps, and once
 * more that without a leading `^`, for it is then tried from every character: these bounds, by that
 * exponent, keep it to milliseconds. Longer text simply does not match.
 */
const LENGTH_MAX_BY_EXPONENT = [65_536, 65_536, 2048, 256, 96] as const;
const LENGTH_MAX_BEYOND = 48;
const EXPONENT_MAX = 6;
/** Short repetitions (`a?`, `[0-9]{1,3}`) may leave this many choices open in all: 2^16 ways. */
const BITS_MAX = 16;

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
  if (risk.exponent > EXPONENT_MAX) return refuse('has too many long repetitions');
  const lengthMax = LENGTH_MAX_BY_EXPONENT[risk.exponent] ?? LENGTH_MAX_BEYOND;
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

interface Risk {
  /** Why the pattern could take exponential time; null = it cannot. */
  readonly problem: string | null;
  /** A text of length n costs about n to the power of this. */
  readonly exponent: number;
}

interface Atom {
  readonly text: string;
  readonly quantifier: Quantifier;
}

/** What one group has shown so far. */
interface Frame {
  readonly atoms: Atom[];
  /** First atom of every alternative. */
  readonly starts: string[];
  isAtStart: boolean;
  /** Long repetitions inside, counted as often as their groups are repeated. */
  longRepeats: number;
  /** Choices that short repetitions leave open (`a?` is one bit), counted likewise. */
  bits: number;
  hasGroup: boolean;
}

interface Quantifier {
  readonly least: number;
  readonly most: number;
}

const ONCE: Quantifier = { least: 1, most: 1 };
const isLong = ({ most }: Quantifier): boolean => most > LONG_REPEAT;
const isVariable = ({ least, most }: Quantifier): boolean => least !== most;
/** How many choices a short repetition leaves open, in bits. */
const bitsOf = ({ least, most }: Quantifier): number => Math.log2(most - least + 1);

const AMBIGUOUS = 'repeats a group that can match the same text in several ways';

/** One walk over a pattern already known to be valid. */
class Scan {
  readonly #source: string;
  readonly #frames: Frame[] = [newFrame()];
  #at = 0;
  #problem: string | null = null;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Risk {
    while (this.#at < this.#source.length && this.#problem === null) this.#step();
    const isAnchored = this.#source.startsWith('^') && this.#frame().starts.length === 1;
    const { longRepeats, bits } = this.#frame();
    if (bits > BITS_MAX) this.#problem ??= 'has too many optional parts';
    const exponent = longRepeats + Math.ceil(bits / 8) + (isAnchored ? 0 : 1);
    return { problem: this.#problem, exponent };
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
    if (frame.isAtStart) frame.starts.push(quantifier === ONCE ? text : '');
    frame.isAtStart = false;
    frame.atoms.push({ text, quantifier });
    if (isLong(quantifier)) frame.longRepeats += 1;
    else frame.bits += bitsOf(quantifier);
  }

  #close(): void {
    this.#at += 1;
    const group = this.#frames.pop() ?? newFrame();
    // `(a|)`: an alternative without an atom matches nothing, at any place.
    if (group.isAtStart) group.starts.push('');
    const quantifier = this.#quantifier();
    const parent = this.#frame();
    if (parent.isAtStart) parent.starts.push('');
    parent.isAtStart = false;
    const isSplitInOneWay = isUnambiguous(group);
    if (isLong(quantifier) && !isSplitInOneWay) this.#problem = AMBIGUOUS;
    const times = isLong(quantifier) || isSplitInOneWay ? 1 : quantifier.most;
    const alternatives = Math.log2(Math.max(1, group.starts.length));
    parent.longRepeats += group.longRepeats * times + (isLong(quantifier) ? 1 : 0);
    parent.bits += (group.bits + (isSplitInOneWay ? 0 : alternatives)) * times;
    if (!isLong(quantifier)) parent.bits += bitsOf(quantifier);
  }

  /** Reads `*`, `+`, `?` or `{n,m}` if one is next, with its lazy `?`. */
  #quantifier(): Quantifier {
    const match = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.#source.slice(this.#at));
    if (match === null) return ONCE;
    const [text, sign, least, hasRange, most] = match;
    this.#at += text.length;
    if (sign !== undefined)
      return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity };
    if (hasRange === undefined) return { least: Number(least), most: Number(least) };
    return { least: Number(least), most: most === '' ? Infinity : Number(most) };
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
  longRepeats: 0,
  bits: 0,
  hasGroup: false,
});

/** True when a text can be cut into repetitions of this group in one way at most. */
function isUnambiguous({ atoms, starts, hasGroup }: Frame): boolean {
  const variable = atoms.filter(({ quantifier }) => isVariable(quantifier)).length;
  if (starts.length > 1) return variable === 0 && !hasGroup && areDisjoint(starts);
  if (hasGroup || variable > 1) return false;
  if (variable === 0) return true;
  // `(-[a-z]+)*` and `([a-z]+\.)*`: the separator says where each repetition begins or ends, and
  // with one variable part between separators there is one way to fill the space.
  return [atoms[0], atoms.at(-1)].some(
    (border) =>
      border !== undefined &&
      border.quantifier === ONCE &&
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
