import type { FailureDetail } from '@portico/contracts';
import { join } from '@portico/enforcement';
import type { HeaderLine } from '../../auth-headers/auth-headers.ts';
import { invalid } from '../../http/api-error.ts';
import type { VisibleEndpoint } from '../catalogue/portal-catalogue.service.ts';
import { chooseHeaders } from './call-headers.ts';
import { fillPath } from './call-path.ts';
import { toQueryText } from './call-query.ts';
import type { GatewayCall } from './gateway-caller.ts';
import type { TryDto } from './try.dto.ts';

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

interface Caller {
  readonly own: readonly HeaderLine[];
  readonly mayBringCredential: boolean;
}

/** The call a visitor asks for, made from the endpoint's definition; 422 with all that is wrong. */
export function planCall(
  input: TryDto,
  { collection, endpoint }: VisibleEndpoint,
  caller: Caller,
): GatewayCall {
  const path = fillPath(join(collection.base_path, endpoint.path), input.path_params);
  const query = toQueryText(input.query);
  const headers = chooseHeaders(input.headers, caller);
  const body = toBody(input.body);
  const problems: FailureDetail[] = [];
  if (!endpoint.methods.includes(input.method)) {
    const message = `must be one of ${endpoint.methods.join(', ')}`;
    problems.push({ path: 'body.method', message });
  }
  if (body !== undefined && WITHOUT_BODY.has(input.method)) {
    problems.push({ path: 'body.body', message: `${input.method} takes no body` });
  }
  if (!path.ok || !query.ok || !headers.ok || problems.length > 0) {
    throw invalid(...problems, ...[path, query, headers].flatMap((r) => (r.ok ? [] : r.details)));
  }
  return {
    method: input.method,
    target: query.text === '' ? path.path : `${path.path}?${query.text}`,
    headers: withDefaults(headers.headers, body),
    body: body?.text,
  };
}

interface Body {
  readonly text: string;
  readonly contentType: string;
}

function toBody(body: unknown): Body | undefined {
  if (body === undefined || body === null || body === '') return undefined;
  if (typeof body !== 'string') {
    return { text: JSON.stringify(body), contentType: 'application/json' };
  }
  return { text: body, contentType: isJson(body) ? 'application/json' : 'text/plain' };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function withDefaults(headers: readonly HeaderLine[], body: Body | undefined): HeaderLine[] {
  const has = (name: string) => headers.some((header) => header.name.toLowerCase() === name);
  const defaults = [
    { name: 'Accept', value: '*/*' },
    // What is shown is what was sent: a compressed body would only be unreadable.
    { name: 'Accept-Encoding', value: 'identity' },
    { name: 'User-Agent', value: 'Portico-Developer-Portal' },
    ...(body === undefined ? [] : [{ name: 'Content-Type', value: body.contentType }]),
  ];
  return [...defaults.filter(({ name }) => !has(name.toLowerCase())), ...headers];
}
