import type { AuthType, JsonSchema, Method, Parameter } from '@portico/contracts';
import fc from 'fast-check';
import type {
  ExportableCollection,
  ExportableEndpoint,
  JsonObject,
} from '../../src/openapi-export/exportable.ts';

/** Random estates: everything the control plane would accept, the odd corners included. */

const word = fc.stringMatching(/^[a-z][a-z0-9_]{1,8}$/);
const prose = fc.string({ maxLength: 40, unit: 'grapheme' });

const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'] as const;

const { schema } = fc.letrec<{ schema: JsonSchema; object: JsonObject }>((tie) => {
  const below = tie('schema') as fc.Arbitrary<JsonSchema>;
  const list = fc.array(below, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(fc.oneof(word, fc.constantFrom('$ref', 'type', 'items')), below, {
    maxKeys: 3,
  });
  return {
    schema: fc.oneof({ maxDepth: 3, depthSize: 'small' }, fc.boolean(), tie('object')),
    object: fc.oneof(
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom(...TYPES),
            fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
          ),
          title: prose,
          description: prose,
          nullable: fc.boolean(),
          const: fc.jsonValue({ maxDepth: 1 }),
          enum: fc.uniqueArray(fc.constantFrom('a', 'b', 1, null), { minLength: 1 }),
          examples: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 2 }),
          default: fc.jsonValue({ maxDepth: 1 }),
          minimum: fc.integer(),
          exclusiveMinimum: fc.integer(),
          exclusiveMaximum: fc.oneof(fc.integer(), fc.boolean()),
          pattern: fc.constantFrom('^a', '[0-9]+$'),
          format: fc.constantFrom('date', 'uuid', 'email'),
          contentEncoding: fc.constant('base64'),
          properties: map,
          required: fc.uniqueArray(word, { maxLength: 2 }),
          additionalProperties: below,
          patternProperties: fc.dictionary(fc.constantFrom('^x', '^y'), below, { maxKeys: 2 }),
          propertyNames: below,
          dependentRequired: fc.dictionary(word, fc.uniqueArray(word, { maxLength: 2 }), {
            maxKeys: 2,
          }),
          dependentSchemas: fc.dictionary(word, below, { maxKeys: 2 }),
          dependencies: fc.dictionary(word, fc.oneof(below, fc.uniqueArray(word)), { maxKeys: 2 }),
          items: fc.oneof(below, list),
          additionalItems: below,
          prefixItems: list,
          contains: below,
          unevaluatedItems: fc.boolean(),
          unevaluatedProperties: fc.boolean(),
          allOf: list,
          anyOf: list,
          oneOf: list,
          not: below,
          if: below,
          then: below,
          else: below,
          $defs: fc.record({ part: below, other: below }),
          $schema: fc.constant('https://json-schema.org/draft/2020-12/schema'),
          $comment: prose,
        },
        { requiredKeys: [] },
      ),
      fc.record({
        $ref: fc.constantFrom(
          '#',
          '#/$defs/part',
          '#/$defs/other',
          '#/properties/nowhere',
          '#anchor',
          'https://example.com/other.json',
        ),
        description: prose,
      }),
    ) as fc.Arbitrary<JsonObject>,
  };
});

/** With definitions at the root, so that most references lead somewhere. */
export const anySchema = fc.oneof(
  schema,
  fc
    .tuple(schema, schema, schema)
    .map(([root, part, other]): JsonSchema =>
      typeof root === 'boolean' ? root : { ...root, $defs: { part, other } },
    ),
);

const parameter: fc.Arbitrary<Parameter> = fc
  .record(
    {
      name: fc.oneof(word, fc.constantFrom('Authorization', 'X-Client-ID', 'X-Trace')),
      in: fc.constantFrom('path', 'query', 'header' as const),
      type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'array' as const),
      required: fc.boolean(),
      description: prose,
      default: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      enum: fc.uniqueArray(fc.oneof(word, fc.integer()), { minLength: 1, maxLength: 3 }),
      format: fc.constantFrom('date', 'uuid', 'uri' as const),
      pattern: fc.constantFrom('^a', '[0-9]+$'),
      minimum: fc.integer(),
      max_length: fc.nat(),
      items: fc.constantFrom('string', 'integer' as const),
      example: fc.oneof(fc.string(), fc.integer()),
    },
    { requiredKeys: ['name', 'in', 'type', 'required'] },
  )
  .map((one) => one as Parameter);

const path = fc
  .tuple(
    fc.array(
      fc.oneof(
        word,
        word.map((name) => `{${name}}`),
        fc.constantFrom('a{b', 'x~y', 'ä'),
      ),
      {
        maxLength: 3,
      },
    ),
    fc.boolean(),
  )
  .filter(([segments]) => new Set(segments).size === segments.length)
  .map(([segments, isWild]) => `/${[...segments, ...(isWild ? ['*'] : [])].join('/')}`);

const endpoint: fc.Arbitrary<Omit<ExportableEndpoint, 'id'>> = fc.record({
  name: prose,
  description: prose,
  methods: fc.uniqueArray(
    fc.constantFrom<Method>('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    { minLength: 1, maxLength: 4 },
  ),
  path,
  parameters: fc.array(parameter, { maxLength: 5 }),
  requestSchema: fc.option(anySchema),
  responseSchema: fc.option(anySchema),
  examples: fc.record(
    { request: fc.jsonValue({ maxDepth: 2 }), response: fc.jsonValue({ maxDepth: 2 }) },
    { requiredKeys: [] },
  ),
  allowedAuthTypes: fc.uniqueArray(
    fc.constantFrom<AuthType>('token', 'jwt', 'oidc', 'mtls', 'none'),
    { minLength: 1 },
  ),
});

export const anyCollection: fc.Arbitrary<ExportableCollection> = fc.record({
  id: word.map((name) => `coll_${name}`),
  name: prose,
  description: prose,
  basePath: word.map((name) => `/${name}/v1`),
  environments: fc.uniqueArray(word, { maxLength: 3 }),
  version: fc.nat(),
  endpoints: fc
    .array(endpoint, { maxLength: 6 })
    .map((endpoints) => endpoints.map((one, index) => ({ ...one, id: `ep_e${index}` }))),
});
