import type { FailureDetail, Parameter } from '@portico/contracts';
import type { TemplateSegment } from '../route/path-template.ts';
import { positionOf } from '../validate/parameters.ts';
import { compilePattern } from '../validate/pattern.ts';
import { compileValueCheck, itemTypeOf } from '../validate/value.ts';

/** Everything that makes a list of parameters unenforceable, with paths like `parameters.2.pattern`. */
export function checkParameterDefinitions(
  parameters: readonly Parameter[],
  template: readonly TemplateSegment[],
): readonly FailureDetail[] {
  const seen = new Set<string>();
  return parameters.flatMap((parameter, at) => {
    const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name;
    const isNew = seen.size < seen.add(`${parameter.in} ${name}`).size;
    const problems = [
      ...(isNew ? [] : [problem('name', 'is there twice')]),
      ...checkPlace(parameter, template),
      ...checkParameter(parameter),
    ];
    return problems.map(({ path, message }) => ({ path: `parameters.${at}.${path}`, message }));
  });
}

/** What is wrong with one definition by itself, with paths into it (`pattern`). */
export function checkParameter(parameter: Parameter): readonly FailureDetail[] {
  const problems = [
    ...checkType(parameter),
    ...checkKeywords(parameter),
    ...checkBounds(parameter),
    ...checkPatternSource(parameter.pattern),
  ];
  // Only a sound definition can say whether its own values fit it.
  return problems.length > 0 ? problems : checkOwnValues(parameter);
}

const problem = (path: string, message: string): FailureDetail => ({ path, message });

function checkPlace(
  parameter: Parameter,
  template: readonly TemplateSegment[],
): readonly FailureDetail[] {
  const { name } = parameter;
  if (parameter.in === 'path' && positionOf(name, template) === -1) {
    return [problem('name', `{${name}} is not in the path`)];
  }
  if (parameter.in === 'header' && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    return [problem('name', 'is not a header name')];
  }
  return [];
}

function checkType({ type, items, in: place }: Parameter): readonly FailureDetail[] {
  const problems: FailureDetail[] = [];
  if (type === 'array' && place !== 'query') {
    problems.push(problem('type', 'array is for query parameters'));
  }
  if (type !== 'array' && items !== undefined) problems.push(problem('items', 'is for arrays'));
  return problems;
}

const KEYWORDS_OF_STRINGS = ['format', 'pattern', 'min_length', 'max_length'] as const;
const KEYWORDS_OF_NUMBERS = ['minimum', 'maximum'] as const;

/** A rule that would never be looked at protects nothing, so it is refused rather than ignored. */
function checkKeywords(parameter: Parameter): readonly FailureDetail[] {
  const type = itemTypeOf(parameter);
  const isNumber = type === 'integer' || type === 'number';
  const foreign: (keyof Parameter)[] = [
    ...(type === 'string' ? [] : KEYWORDS_OF_STRINGS),
    ...(isNumber ? [] : KEYWORDS_OF_NUMBERS),
    ...(type === 'boolean' ? (['enum'] as const) : []),
    ...(parameter.in === 'query' ? [] : (['default'] as const)),
  ];
  return foreign
    .filter((keyword) => parameter[keyword] !== undefined)
    .map((keyword) =>
      keyword === 'default'
        ? problem(keyword, 'is for query parameters')
        : problem(keyword, `does not apply to ${type}`),
    );
}

function checkBounds(parameter: Parameter): readonly FailureDetail[] {
  const { minimum, maximum, min_length, max_length } = parameter;
  return [
    ...(isAbove(minimum, maximum) ? [problem('minimum', 'is above maximum')] : []),
    ...(isAbove(min_length, max_length) ? [problem('min_length', 'is above max_length')] : []),
  ];
}

const isAbove = (least: number | undefined, most: number | undefined): boolean =>
  least !== undefined && most !== undefined && least > most;

function checkPatternSource(pattern: string | undefined): readonly FailureDetail[] {
  if (pattern === undefined) return [];
  const compiled = compilePattern(pattern);
  return compiled.ok ? [] : [problem('pattern', compiled.problem)];
}

function checkOwnValues(parameter: Parameter): readonly FailureDetail[] {
  const { enum: choices = [], default: fallback, ...rest } = parameter;
  const checkChoice = compileValueCheck(rest);
  const wrongChoices = choices.flatMap((choice, at) => {
    const message = checkChoice(String(choice));
    return message === null ? [] : [problem(`enum.${at}`, message)];
  });
  const wrongDefault =
    fallback === undefined ? null : compileValueCheck(parameter)(String(fallback));
  return wrongDefault === null ? wrongChoices : [...wrongChoices, problem('default', wrongDefault)];
}
