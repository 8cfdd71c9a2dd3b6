import type { Parameter } from '../api/types.ts';

/** What a value must satisfy, in a few words each. */
export function parameterRules(parameter: Parameter): readonly string[] {
  const { minimum, maximum, min_length: shortest, max_length: longest } = parameter;
  return [
    parameter.enum && `one of ${parameter.enum.join(', ')}`,
    between(minimum, maximum, ''),
    between(shortest, longest, ' characters'),
    parameter.pattern && `matches ${parameter.pattern}`,
    parameter.default !== undefined && `default ${parameter.default}`,
    parameter.example !== undefined && `e.g. ${parameter.example}`,
  ].filter((rule) => typeof rule === 'string');
}

function between(low: number | undefined, high: number | undefined, unit: string) {
  if (low !== undefined && high !== undefined) return `${low} to ${high}${unit}`;
  if (low !== undefined) return `at least ${low}${unit}`;
  return high === undefined ? undefined : `at most ${high}${unit}`;
}
