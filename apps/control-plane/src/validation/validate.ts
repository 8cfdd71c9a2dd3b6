import type { FailureDetail } from '@portico/contracts';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { invalid } from '../http/api-error.ts';
import { contractFieldsOf, problemsOf } from './contract.ts';
import { isPlainObject } from './merge-patch.ts';
import { unstorableIn } from './unstorable.ts';

export type Dto<T extends object> = new () => T;

/**
 * The value as an instance of its DTO, defaults filled in, or 422 with everything that is wrong.
 * Unknown fields are refused: a misspelt restriction must not be taken for none.
 */
export function validated<T extends object>(dto: Dto<T>, value: unknown, root: string): T {
  if (!isPlainObject(value)) throw invalid({ path: root, message: 'must be an object' });
  const unstorable = unstorableIn(value, root);
  if (unstorable.length > 0) throw invalid(...unstorable);
  const instance = plainToInstance(dto, withoutNulls(value), { exposeDefaultValues: true });
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false },
  });
  const details = errors.flatMap((error) => detailsOf(error, root, dto));
  if (details.length > 0) throw invalid(...details);
  return withContractDefaults(dto, instance);
}

/** `null` says "not set": for a new resource the same as leaving the field out. */
const withoutNulls = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));

function detailsOf(error: ValidationError, root: string, dto: object): FailureDetail[] {
  const path = `${root}.${error.property}`;
  const schema = contractFieldsOf(dto).get(error.property);
  if (schema !== undefined && error.constraints?.['contract'] !== undefined) {
    if (error.value === undefined) return [{ path, message: 'is required' }];
    return problemsOf(schema, error.value, path);
  }
  const own = brokenRules(error).map(([kind, message]) => ({
    path,
    message:
      kind === 'whitelistValidation'
        ? 'is not a known field'
        : error.value === undefined
          ? 'is required'
          : withoutName(message, error.property),
  }));
  const children = error.children ?? [];
  return [...unique(own), ...children.flatMap((child) => detailsOf(child, path, Object))];
}

const TYPE_RULES = ['isString', 'isInt', 'isBoolean', 'isArray', 'isObject'];

/** What is of the wrong type breaks the field's other rules as well: then that alone is said. */
function brokenRules({ constraints = {} }: ValidationError): [rule: string, message: string][] {
  const broken = Object.entries(constraints);
  const ofType = broken.filter(([rule]) => TYPE_RULES.includes(rule));
  return ofType.length > 0 ? ofType : broken;
}

/** class-validator starts every message with the property's name; the path says it already. */
const withoutName = (message: string, property: string): string =>
  message.replace(new RegExp(`^${property} `), '').replace(`each value in ${property} `, 'each ');

const unique = (details: readonly FailureDetail[]): FailureDetail[] => [
  ...new Map(details.map((detail) => [`${detail.path} ${detail.message}`, detail])).values(),
];

function withContractDefaults<T extends object>(dto: Dto<T>, instance: T): T {
  const fields = instance as Record<string, unknown>;
  for (const [name, schema] of contractFieldsOf(dto)) {
    if (fields[name] !== undefined && fields[name] !== null) {
      fields[name] = schema.parse(fields[name]);
    }
  }
  return instance;
}
