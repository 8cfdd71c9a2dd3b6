import { ApiProperty } from '@nestjs/swagger';
import { registerDecorator, type ValidationArguments } from 'class-validator';
import type { FailureDetail } from '@portico/contracts';
import { z } from 'zod';

type Field = ReadonlyMap<string, z.ZodType>;
const fieldsByDto = new Map<object, Map<string, z.ZodType>>();

/** By name of the DTO, for the OpenAPI document; inherited fields included. */
export const contractSchemas = (): ReadonlyMap<string, Field> =>
  new Map(
    [...fieldsByDto.keys()].map((dto) => [(dto as { name: string }).name, contractFieldsOf(dto)]),
  );

/**
 * A DTO field whose shape is a contract's: the same schema that nodes enforce checks it at the edge
 * and describes it in the OpenAPI document, so the three cannot drift apart.
 */
export function Contract(
  schema: z.ZodType,
  options: { readonly description?: string; readonly required?: boolean } = {},
): PropertyDecorator {
  return (target, property) => {
    const name = String(property);
    const fields = fieldsByDto.get(target.constructor) ?? new Map<string, z.ZodType>();
    fieldsByDto.set(target.constructor, fields.set(name, schema));
    ApiProperty({
      type: Object,
      required: options.required ?? true,
      ...(options.description === undefined ? {} : { description: options.description }),
    })(target, property);
    registerDecorator({
      name: 'contract',
      target: target.constructor,
      propertyName: name,
      validator: {
        validate: (value: unknown) =>
          (value === undefined && options.required === false) || schema.safeParse(value).success,
        defaultMessage: (args?: ValidationArguments) => `${args?.property ?? name} is not valid`,
      },
    });
  };
}

/** Contract fields of a DTO, those of the classes it extends or was mapped from included. */
export function contractFieldsOf(dto: object): Field {
  const all = new Map<string, z.ZodType>();
  for (let type: object | null = dto; type !== null; type = Object.getPrototypeOf(type)) {
    for (const [name, schema] of fieldsByDto.get(type) ?? []) {
      if (!all.has(name)) all.set(name, schema);
    }
  }
  return all;
}

/** For classes that mapped types derive: the new class takes over the fields it names. */
export function inheritContractFields(from: object, to: object): void {
  fieldsByDto.set(to, new Map(contractFieldsOf(from)));
}

/** What a schema holds against a value, as details below `root`. */
export function problemsOf(schema: z.ZodType, value: unknown, root: string): FailureDetail[] {
  const result = schema.safeParse(value);
  return result.success ? [] : result.error.issues.flatMap((issue) => toDetails(issue, root));
}

export function toDetails(issue: z.core.$ZodIssue, root: string): FailureDetail[] {
  const path = [root, ...issue.path.map(String)].filter(Boolean).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union') {
    const closest = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0];
    if (closest !== undefined && depthOf(closest) > 0) {
      return closest.flatMap((inner) => toDetails(inner, path));
    }
  }
  return [{ path, message: decapitalised(issue.message) }];
}

const depthOf = (issues: readonly z.core.$ZodIssue[]): number =>
  Math.max(0, ...issues.map(({ path }) => path.length));

const decapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
