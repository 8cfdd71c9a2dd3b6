import { ApiError } from './api-error.ts';

const BASE = '/api/v1/developer-portal';

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the portal API; anything but 2xx becomes an `ApiError`. */
export async function call<T>(path: string, { method = 'GET', body, query, signal }: Call = {}) {
  const answer = await fetch(`${BASE}${path}${queryString(query)}`, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, undefined);
  });
  const content: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new ApiError(answer.status, content);
  return content as T;
}

/** Where the browser downloads a file from. */
export const downloadUrl = (path: string, query: Readonly<Record<string, string>> = {}): string =>
  `${BASE}${path}${queryString(query)}`;

function queryString(query: Readonly<Record<string, string | undefined>> = {}): string {
  const pairs = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
