import type { ErrorDetail } from '../api/api-error.ts';
import type { TryResponse } from '../api/types.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explain.ts';

export interface Refusal extends Explanation {
  readonly code: string;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

/**
 * The gateway's own refusal in an answer, or undefined. An API may answer `{"error": …}` as well;
 * only the gateway repeats the id of this very request.
 */
export function readRefusal(
  answer: Pick<TryResponse, 'status' | 'body' | 'body_encoding' | 'request_id'>,
): Refusal | undefined {
  if (answer.status < 400 || answer.body_encoding !== 'utf8') return undefined;
  const body = parseObject(answer.body);
  if (typeof body?.error !== 'string' || body.request_id !== answer.request_id) return undefined;
  const explanation = explain(body.error);
  if (!explanation) return undefined;
  return {
    ...explanation,
    code: body.error,
    message: typeof body.message === 'string' ? body.message : '',
    details: Array.isArray(body.details) ? (body.details as ErrorDetail[]) : [],
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
