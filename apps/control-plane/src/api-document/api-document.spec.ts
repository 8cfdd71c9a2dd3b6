import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { renderApiDocument } from './render.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
}

describe('the OpenAPI document', () => {
  let text: string;
  let operations: (Operation & { readonly route: string })[];

  beforeAll(async () => {
    text = await renderApiDocument();
    const { paths } = JSON.parse(text) as {
      paths: Record<string, Record<string, Operation>>;
    };
    operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        ...operation,
        route: `${method.toUpperCase()} ${path}`,
      })),
    );
  });

  it('is the committed one: `npm run openapi -w apps/control-plane` writes it', async () => {
    const committed = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
    expect(committed).toBe(text);
  });

  it('is OpenAPI 3.1 and says null the way 3.1 does', () => {
    expect(JSON.parse(text)).toMatchObject({ openapi: '3.1.0' });
    expect(text).not.toContain('"nullable"');
  });

  it('says of every admin route who may call it, and of every answer what it holds', () => {
    const unprotected = operations.filter(
      ({ route, security }) => security.length === 0 && !route.includes('/developer-portal/'),
    );
    expect(unprotected.map(({ route }) => route)).toEqual([]);
    const wordless = operations.filter(
      ({ responses }) => !Object.keys(responses).some((status) => status.startsWith('2')),
    );
    expect(wordless.map(({ route }) => route)).toEqual([]);
  });

  it('names every operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('describes contract fields by the contract itself', () => {
    const { components } = JSON.parse(text) as {
      components: { schemas: Record<string, { properties: Record<string, object> }> };
    };
    const { upstreams } = components.schemas['CreateCollection']!.properties;
    expect(JSON.stringify(upstreams)).toContain('connect_timeout_ms');
  });
});
