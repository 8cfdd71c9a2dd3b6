import { describe, expect, it } from '@jest/globals';
import { validate } from '@readme/openapi-parser';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { toOpenApiDocument } from '../../src/openapi-export/document.ts';
import { OPENAPI_VERSIONS, type ExportTarget } from '../../src/openapi-export/exportable.ts';
import { renderOpenApi } from '../../src/openapi-export/rendition.ts';
import { anyCollection } from './estates.ts';

const targetOf = (version: ExportTarget['version']): ExportTarget => ({
  version,
  gatewayUrl: 'https://api.example.com',
});

type Validatable = Parameters<typeof validate>[0];

describe('the OpenAPI export', () => {
  it.each(OPENAPI_VERSIONS)('of any estate is a valid %s document', async (version) => {
    await fc.assert(
      fc.asyncProperty(anyCollection, async (collection) => {
        const document = structuredClone(toOpenApiDocument(collection, targetOf(version)));
        const result = await validate(document as unknown as Validatable);
        expect(result.valid ? [] : result.errors).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('says the same in JSON and in YAML', () => {
    fc.assert(
      fc.property(anyCollection, (collection) => {
        const json = renderOpenApi(collection, { ...targetOf('3.1'), format: 'json' });
        const yaml = renderOpenApi(collection, { ...targetOf('3.1'), format: 'yaml' });
        expect(JSON.stringify(parseYaml(yaml.text), null, 2)).toBe(json.text.trimEnd());
      }),
      { numRuns: 25 },
    );
  });

  it('describes every endpoint and method of the estate, once', () => {
    fc.assert(
      fc.property(anyCollection, (collection) => {
        const document = toOpenApiDocument(collection, targetOf('3.1'));
        const operations = Object.values(document.paths as Record<string, object>).flatMap(
          (path) => Object.values(path) as { operationId: string }[],
        );
        const ids = operations.map(({ operationId }) => operationId);
        expect(new Set(ids).size).toBe(ids.length);
        const shapes = collection.endpoints.flatMap(({ methods, path }) =>
          methods.map((method) => `${method} ${path.replace(/\{[^/{}]+\}/g, '{}')}`),
        );
        expect(ids.length).toBe(new Set(shapes).size);
      }),
    );
  });
});
