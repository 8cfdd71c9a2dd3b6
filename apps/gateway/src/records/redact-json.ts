import { REDACTED } from '@portico/contracts';
import type { PathStep, RedactionRules } from './redaction-rules.ts';

const DEPTH_MAX = 64;
const WITHHELD = JSON.stringify(REDACTED);

/**
 * Replaces secret values in JSON text without re-formatting the rest. Works on a text that was cut
 * off (a captured body often is): what was read up to there is searched, the last value included.
 * `null` when the text is not JSON, so that the caller can withhold it whole.
 */
export function redactJson(text: string, rules: RedactionRules): string | null {
  const scan = new Scan(text, rules);
  try {
    scan.run();
  } catch (error) {
    if (error instanceof NotJson) return null;
    if (!(error instanceof CutOff)) throw error;
  }
  return scan.result();
}

class NotJson extends Error {}
class CutOff extends Error {}

const LITERAL = /-?\d[\d.eE+-]*|true|false|null/y;
const CUT_LITERAL = /^(?:-|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/;
const SPACE = /[\s\ufeff]*/y;

class Scan {
  readonly #text: string;
  readonly #rules: RedactionRules;
  readonly #path: (string | number)[] = [];
  #at = 0;
  #copiedTo = 0;
  #out = '';
  /** Where the secret value being read begins; it is withheld also when the text ends inside it. */
  #secretFrom = -1;

  constructor(text: string, rules: RedactionRules) {
    this.#text = text;
    this.#rules = rules;
  }

  /** One value, or several of them in a row (NDJSON). */
  run(): void {
    this.#space();
    while (this.#at < this.#text.length) {
      this.#value();
      this.#space();
    }
  }

  result(): string {
    if (this.#secretFrom === -1) return this.#out + this.#text.slice(this.#copiedTo);
    return this.#out + this.#text.slice(this.#copiedTo, this.#secretFrom) + WITHHELD;
  }

  #value(): void {
    if (this.#path.length > DEPTH_MAX) throw new NotJson();
    const isSecret = this.#secretFrom === -1 && this.#path.length > 0 && this.#isSecretHere();
    const from = this.#at;
    if (isSecret) this.#secretFrom = from;
    switch (this.#peek()) {
      case '{':
        this.#object();
        break;
      case '[':
        this.#array();
        break;
      case '"':
        this.#string();
        break;
      default:
        this.#literal();
    }
    if (!isSecret) return;
    this.#out += this.#text.slice(this.#copiedTo, from) + WITHHELD;
    this.#copiedTo = this.#at;
    this.#secretFrom = -1;
  }

  #object(): void {
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return;
    do {
      this.#space();
      const name = this.#string();
      this.#space();
      this.#expect(':');
      this.#space();
      this.#path.push(name);
      this.#value();
      this.#path.pop();
      this.#space();
    } while (this.#take(','));
    this.#expect('}');
  }

  #array(): void {
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return;
    let index = 0;
    do {
      this.#space();
      this.#path.push(index);
      this.#value();
      this.#path.pop();
      index += 1;
      this.#space();
    } while (this.#take(','));
    this.#expect(']');
  }

  #string(): string {
    if (this.#peek() !== '"') throw new NotJson();
    const from = this.#at;
    // Nearly all are as they stand; what has escapes, or what JSON forbids, is left to its parser.
    let isPlain = true;
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const char = this.#text.charCodeAt(at);
      if (char === 0x22) {
        this.#at = at + 1;
        return isPlain ? this.#text.slice(from + 1, at) : unquote(this.#text.slice(from, at + 1));
      }
      if (char === 0x5c) at += 1;
      if (char === 0x5c || char < 0x20) isPlain = false;
    }
    throw new CutOff();
  }

  #literal(): void {
    LITERAL.lastIndex = this.#at;
    const found = LITERAL.exec(this.#text);
    if (found !== null) {
      this.#at = LITERAL.lastIndex;
      return;
    }
    throw CUT_LITERAL.test(this.#text.slice(this.#at)) ? new CutOff() : new NotJson();
  }

  #isSecretHere(): boolean {
    const last = this.#path.at(-1);
    if (typeof last === 'string' && this.#rules.names.has(last.toLowerCase())) return true;
    return this.#rules.paths.some((steps) => matches(steps, this.#path));
  }

  #peek(): string {
    if (this.#at >= this.#text.length) throw new CutOff();
    return this.#text.charAt(this.#at);
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw new NotJson();
  }

  #space(): void {
    const next = this.#text.charCodeAt(this.#at);
    if (next > 0x20 && next < 0x7f) return;
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new NotJson();
  }
}

const matches = (steps: readonly PathStep[], path: readonly (string | number)[]): boolean =>
  steps.length === path.length &&
  steps.every((step, at) => {
    if ('any' in step) return true;
    return 'name' in step ? step.name === path[at] : step.index === path[at];
  });
