import { Query, type PipeTransform } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';
import { invalid } from '../http/api-error.ts';
import { toDetails } from './contract.ts';
import { unstorableIn } from './unstorable.ts';

class ContractQueryPipe<T extends z.ZodObject> implements PipeTransform {
  constructor(private readonly schema: T) {}

  transform(value: unknown): z.output<T> {
    const unstorable = unstorableIn(value, 'query');
    if (unstorable.length > 0) throw invalid(...unstorable);
    const parsed = this.schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw invalid(...parsed.error.issues.flatMap((issue) => toDetails(issue, 'query')));
  }
}

/** Query parameters whose shape is another service's contract. */
export const ContractQuery = <T extends z.ZodObject>(schema: T) =>
  Query(new ContractQueryPipe(schema));

/** Names them in the OpenAPI document. */
export function DocumentsQuery(schema: z.ZodObject): MethodDecorator {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return (target, property, descriptor) => {
    for (const [name, field] of Object.entries(properties)) {
      ApiQuery({ name, required: required.includes(name), schema: field as object })(
        target,
        property,
        descriptor,
      );
    }
  };
}
