import { HTTP_METHODS } from '@portico/contracts';
import type { Method } from '@portico/contracts';

/** A set of methods as bits, so that `Allow` is one `&`. */
export type MethodSet = number;

const BIT_BY_METHOD: ReadonlyMap<string, MethodSet> = new Map(
  HTTP_METHODS.map((method, at) => [method, 1 << at]),
);
const GET = 1 << HTTP_METHODS.indexOf('GET');
const HEAD = 1 << HTTP_METHODS.indexOf('HEAD');
export const EVERY_METHOD: MethodSet = (1 << HTTP_METHODS.length) - 1;

/** 0 for a method that cannot be published (`TRACE`, `get`, nonsense): it is in no set. */
export const methodBit = (method: string): MethodSet => BIT_BY_METHOD.get(method) ?? 0;

/** HEAD is allowed wherever GET is (RFC 9110, 9.3.2). */
export function methodSet(methods: readonly Method[]): MethodSet {
  let set = 0;
  for (const method of methods) set |= methodBit(method);
  return (set & GET) !== 0 ? set | HEAD : set;
}

/** A profile's `allowed_methods`: none named = all. */
export const allowedMethodSet = (methods: readonly Method[]): MethodSet =>
  methods.length === 0 ? EVERY_METHOD : methodSet(methods);

export const methodsIn = (set: MethodSet): readonly Method[] =>
  HTTP_METHODS.filter((_, at) => (set & (1 << at)) !== 0);
