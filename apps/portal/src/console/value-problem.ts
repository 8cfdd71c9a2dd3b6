import type { Parameter } from '../api/types.ts';
import { listItems } from './call-plan.ts';

/**
 * What is wrong with a parameter's value, in words for its field, or undefined. A courtesy: the
 * gateway checks again and has the last word.
 */
export function valueProblem(parameter: Parameter, value: string): string | undefined {
  if (value === '') return parameter.required ? 'This one is required.' : undefined;
  const type = parameter.type === 'array' ? (parameter.items ?? 'string') : parameter.type;
  const items = parameter.type === 'array' ? listItems(value) : [value];
  for (const item of items) {
    const problem = typeProblem(type, item) ?? rangeProblem(parameter, type, item);
    if (problem) return problem;
  }
  return undefined;
}

function typeProblem(type: Parameter['type'], value: string): string | undefined {
  if (type === 'integer' && !/^-?\d+$/.test(value)) return 'Must be a whole number.';
  if (type === 'number' && !Number.isFinite(Number(value))) return 'Must be a number.';
  if (type === 'boolean' && !/^(true|false)$/.test(value)) return 'Must be true or false.';
  return undefined;
}

function rangeProblem(
  parameter: Parameter,
  type: Parameter['type'],
  value: string,
): string | undefined {
  const { minimum, maximum, min_length: shortest, max_length: longest } = parameter;
  if (parameter.enum && !parameter.enum.map(String).includes(value)) {
    return `Must be one of ${parameter.enum.join(', ')}.`;
  }
  if (type === 'integer' || type === 'number') {
    if (minimum !== undefined && Number(value) < minimum) return `Must be at least ${minimum}.`;
    if (maximum !== undefined && Number(value) > maximum) return `Must be at most ${maximum}.`;
    return undefined;
  }
  const length = [...value].length;
  if (shortest !== undefined && length < shortest) return `Needs at least ${shortest} characters.`;
  if (longest !== undefined && length > longest) return `At most ${longest} characters.`;
  return patternProblem(parameter.pattern, value);
}

function patternProblem(pattern: string | undefined, value: string): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    return new RegExp(pattern, 'u').test(value) ? undefined : `Must match ${pattern}`;
  } catch {
    // A pattern this browser does not understand is for the gateway to judge.
    return undefined;
  }
}
