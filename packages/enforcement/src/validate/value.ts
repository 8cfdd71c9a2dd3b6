import type { Parameter } from '@portico/contracts';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { SafePattern } from './pattern.ts';
import { compilePattern } from './pattern.ts';

/** Says what is wrong with a parameter's text, or null. Parameters arrive as text, whatever their type. */
export type ValueCheck = (text: string) => string | null;

type ItemType = Exclude<Parameter['type'], 'array'>;

/** The check of one value; for an array that of one item. Its definition must have passed `check…`. */
export function compileValueCheck(parameter: Parameter): ValueCheck {
  const type = itemTypeOf(parameter);
  const ofType = CHECK_BY_TYPE[type](parameter);
  const choices = parameter.enum === undefined ? null : new Set(parameter.enum.map(String));
  if (choices === null) return ofType;
  const message = `must be one of: ${[...choices].join(', ')}`;
  const isChoice = (text: string): boolean =>
    choices.has(type === 'integer' || type === 'number' ? String(Number(text)) : text);
  return (text) => ofType(text) ?? (isChoice(text) ? null : message);
}

export const itemTypeOf = ({ type, items }: Parameter): ItemType =>
  type === 'array' ? (items ?? 'string') : type;

const CHECK_BY_TYPE: Readonly<Record<ItemType, (parameter: Parameter) => ValueCheck>> = {
  integer: (parameter) => numberCheck(parameter, INTEGER, 'must be integer'),
  number: (parameter) => numberCheck(parameter, NUMBER, 'must be number'),
  boolean: () => (text) => (text === 'true' || text === 'false' ? null : 'must be true or false'),
  string: stringCheck,
};

/** As JSON writes them: no `+5`, `0x10`, `1_000`, `007`, white space or empty text. */
const INTEGER = /^-?(?:0|[1-9][0-9]{0,15})$/;
const NUMBER = /^-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?$/;

function numberCheck(
  { minimum = -Infinity, maximum = Infinity }: Parameter,
  shape: RegExp,
  message: string,
): ValueCheck {
  return (text) => {
    if (!shape.test(text)) return message;
    const value = Number(text);
    const isExact = shape === NUMBER ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (!isExact) return message;
    if (value < minimum) return `must be >= ${minimum}`;
    return value > maximum ? `must be <= ${maximum}` : null;
  };
}

function stringCheck(parameter: Parameter): ValueCheck {
  const { min_length = 0, max_length = Infinity, format } = parameter;
  const isCounted = min_length > 0 || max_length < Infinity;
  const pattern = parameter.pattern === undefined ? null : patternOf(parameter.pattern);
  const hasFormat = format === undefined ? null : formatCheck(format);
  return (text) => {
    const length = isCounted ? codePoints(text) : 0;
    if (length < min_length) return `must have at least ${min_length} characters`;
    if (length > max_length) return `must have at most ${max_length} characters`;
    if (hasFormat !== null && !hasFormat(text)) return `must be a valid ${format}`;
    return pattern === null || pattern.test(text) ? null : `must match ${parameter.pattern}`;
  };
}

/** JSON Schema counts characters, not UTF-16 units: a surrogate pair is one. */
const codePoints = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

function patternOf(source: string): SafePattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(`compiling the unchecked pattern ${source}`);
  return compiled.pattern;
}

/** Nothing with a format is long; the bound keeps the formats' own expressions cheap. */
const FORMAT_LENGTH_MAX = 2048;

function formatCheck(name: NonNullable<Parameter['format']>): (text: string) => boolean {
  const format = fullFormats[name];
  const test = toPredicate(format);
  return (text) => text.length <= FORMAT_LENGTH_MAX && test(text);
}

function toPredicate(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text) === true;
  if (typeof format === 'object' && format !== null && 'validate' in format) {
    return toPredicate(format.validate);
  }
  throw new Error('compiling a format of a kind we do not know');
}
