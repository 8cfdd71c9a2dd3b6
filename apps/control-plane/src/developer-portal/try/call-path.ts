import type { FailureDetail } from '@portico/contracts';
import { parameterName } from '../../openapi-export/path-template.ts';

export type Filled =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly details: readonly FailureDetail[] };

/**
 * Puts values into an endpoint's path. A value stays inside its segment whatever it holds: every
 * reserved character is escaped, and dot segments, which no escaping tames, are refused.
 */
export function fillPath(template: string, values: Readonly<Record<string, unknown>>): Filled {
  const details: FailureDetail[] = [];
  const used = new Set<string>();
  const take = (name: string): string => {
    used.add(name);
    const result = name === '*' ? wildcardText(values[name]) : segmentText(values[name]);
    if (typeof result === 'string') return result;
    details.push({ path: `body.path_params.${name}`, message: result.problem });
    return '';
  };
  const path = template
    .split('/')
    .map((segment) => {
      const name = segment === '*' ? '*' : parameterName(segment);
      return name === null ? segment : take(name);
    })
    .join('/');
  for (const name of Object.keys(values).filter((given) => !used.has(given))) {
    const message = 'is not a parameter of this path';
    details.push({ path: `body.path_params.${name}`, message });
  }
  return details.length === 0 ? { ok: true, path } : { ok: false, details };
}

interface Refused {
  readonly problem: string;
}

function segmentText(value: unknown): string | Refused {
  if (value === undefined || value === '') return { problem: 'is required' };
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? escapeSegment(String(value)) : { problem: 'must be a string or a number' };
}

function wildcardText(value: unknown): string | Refused {
  if (typeof value !== 'string' || value === '') return { problem: 'is required' };
  const segments = value.split('/').map((text) => {
    return text === '' ? { problem: 'must not have empty segments' } : escapeSegment(text);
  });
  const refused = segments.find((segment) => typeof segment !== 'string');
  return refused ?? segments.join('/');
}

function escapeSegment(text: string): string | Refused {
  if (text === '.' || text === '..') return { problem: 'must not be . or ..' };
  return text.isWellFormed() ? encodeURIComponent(text) : { problem: 'is not valid text' };
}
