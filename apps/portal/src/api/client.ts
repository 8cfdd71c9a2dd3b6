import createClient from 'openapi-fetch';
import type { paths } from '../generated/control-plane.ts';
import { ApiError } from './api-error.ts';

/** The control plane, as its generated OpenAPI describes it: a wrong path or field does not compile. */
export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' });

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's content; anything but 2xx, and no answer at all, becomes an `ApiError`. */
export async function contentOf<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, undefined);
  });
  if (!response.ok) throw new ApiError(response.status, error);
  return data as T;
}

/** The same where OpenAPI leaves a shape open (or a pair looks like any list): closed by `T`. */
export const contentAs = async <T>(call: Promise<Answered<unknown>>): Promise<T> =>
  (await contentOf(call)) as T;
