import type { EndpointDetail } from '../api/types.ts';
import { exampleOf } from './schema-example.ts';

export interface NamedExample {
  readonly name: string;
  readonly text: string;
}

/** The body the editor opens with: the first request example, else one made from the schema. */
export function requestExample(endpoint: EndpointDetail): string {
  const given = examplesOf(endpoint, 'request')[0];
  if (given) return given.text;
  return endpoint.request_schema ? asText(exampleOf(endpoint.request_schema)) : '';
}

/**
 * Examples of one side. Operators write `{request: …, response: …}`, where a side is one value or,
 * under `requests`/`responses`, several by name.
 */
export function examplesOf(
  { examples }: Pick<EndpointDetail, 'examples'>,
  side: 'request' | 'response',
): readonly NamedExample[] {
  if (typeof examples !== 'object' || examples === null) return [];
  const given = examples as Record<string, unknown>;
  const several = given[`${side}s`];
  if (typeof several === 'object' && several !== null) {
    return Object.entries(several).map(([name, value]) => ({ name, text: asText(value) }));
  }
  return given[side] === undefined ? [] : [{ name: 'Example', text: asText(given[side]) }];
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);
