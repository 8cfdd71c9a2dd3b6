import { GATEWAY_FAILURES, type GatewayFailureCode } from '@portico/contracts';
import type { JsonObject } from './exportable.ts';

/** The gateway's refusals by status; the code in the body says which one it was. */
const REFUSALS: readonly Refusal[] = [
  refusal(400, 'InvalidRequest', ['invalid_request', 'bad_request']),
  refusal(401, 'Unauthenticated', ['identity_required', 'invalid_credential']),
  refusal(403, 'Forbidden', [
    'client_forbidden',
    'profile_forbidden',
    'ip_not_allowed',
    'collection_not_allowed',
    'auth_type_not_allowed',
    'environment_not_available',
  ]),
  refusal(413, 'PayloadTooLarge', ['payload_too_large']),
  refusal(429, 'TooManyRequests', ['rate_limit_exceeded', 'quota_exceeded']),
  refusal(502, 'BadGateway', ['upstream_unreachable', 'upstream_error']),
  refusal(503, 'Unavailable', ['upstream_unavailable']),
  refusal(504, 'GatewayTimeout', ['upstream_timeout']),
];
const STATUS_OF_BODIES = 413;
const RETRY_LATER: ReadonlySet<number> = new Set([429, 503]);

interface Refusal {
  readonly status: number;
  readonly name: string;
  readonly codes: readonly GatewayFailureCode[];
}

function refusal(status: number, name: string, codes: readonly GatewayFailureCode[]): Refusal {
  return { status, name, codes };
}

export const toErrorResponses = (takesBody: boolean): JsonObject =>
  Object.fromEntries(
    REFUSALS.filter(({ status }) => takesBody || status !== STATUS_OF_BODIES).map(
      ({ status, name }) => [String(status), { $ref: `#/components/responses/${name}` }],
    ),
  );

export const errorResponseComponents = (): JsonObject =>
  Object.fromEntries(REFUSALS.map((one) => [one.name, toComponent(one)]));

const toComponent = ({ status, codes }: Refusal): JsonObject => ({
  description: codes.map((code) => `\`${code}\`: ${GATEWAY_FAILURES[code].message}`).join('\n'),
  headers: {
    'X-Request-ID': { description: 'Names this call in the logs.', schema: { type: 'string' } },
    ...(RETRY_LATER.has(status) ? RETRY_AFTER : {}),
  },
  content: {
    'application/json': {
      schema: { $ref: '#/components/schemas/Error' },
      examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
    },
  },
});

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
};

const exampleOf = (code: GatewayFailureCode): JsonObject => ({
  error: code,
  message: GATEWAY_FAILURES[code].message,
  request_id: 'req_019e2f6c5d7a7c3e9b1d4f8a2c6e0b35',
});

export const ERROR_SCHEMA = {
  type: 'object',
  description: 'Every refusal has this body.',
  required: ['error', 'message', 'request_id'],
  properties: {
    error: { type: 'string', description: 'Stable code; branch on this.' },
    message: { type: 'string', description: 'For people.' },
    request_id: { type: 'string' },
    details: {
      type: 'array',
      description: 'What exactly was wrong, where there is something to point at.',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};
