import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

/** DTO name → field → the contract that describes it. */
export type ContractSchemas = ReadonlyMap<string, ReadonlyMap<string, z.ZodType>>;

/** Puts the contract's own JSON Schema where the DTO only knew "an object". */
export function describeContractFields(document: OpenAPIObject, contracts: ContractSchemas): void {
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    const fields = contracts.get(name);
    if (fields === undefined || !('properties' in schema)) continue;
    for (const [field, contract] of fields) {
      const { description } = (schema.properties?.[field] ?? {}) as { description?: string };
      schema.properties![field] = {
        ...jsonSchemaOf(contract),
        ...(description === undefined ? {} : { description }),
      };
    }
  }
}

function jsonSchemaOf(contract: z.ZodType): Record<string, unknown> {
  const schema: Record<string, unknown> = {
    ...z.toJSONSchema(contract, { io: 'input', unrepresentable: 'any' }),
  };
  delete schema['$schema'];
  return schema;
}
