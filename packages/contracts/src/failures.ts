/**
 * Every way a Portico service says no. The owner is who has to act: it is the metric label, and only
 * `platform` wakes anybody.
 */
export type FailureOwner = 'caller' | 'operator' | 'upstream' | 'platform';

export interface Failure {
  readonly status: number;
  readonly owner: FailureOwner;
  readonly message: string;
}

const failure = (status: number, owner: FailureOwner, message: string): Failure => ({
  status,
  owner,
  message,
});

/** What a gateway answers, in the order in which the checks run (docs/failure-modes.md has a row each). */
export const GATEWAY_FAILURES = {
  bad_request: failure(400, 'caller', 'The request is not well-formed HTTP.'),
  identity_required: failure(
    401,
    'caller',
    'Send X-Client-ID and X-Profile-ID, once each; the portal shows both values.',
  ),
  client_forbidden: failure(403, 'caller', 'This client may not call this API.'),
  profile_forbidden: failure(403, 'caller', 'This profile may not be used by this client.'),
  ip_not_allowed: failure(403, 'caller', 'This profile may not be used from your IP address.'),
  invalid_credential: failure(401, 'caller', 'The credential is missing, wrong or expired.'),
  not_found: failure(404, 'caller', 'No API is published at this path.'),
  collection_not_allowed: failure(403, 'caller', 'Your contract does not include this API.'),
  method_not_allowed: failure(405, 'caller', 'This method is not allowed here; see Allow.'),
  auth_type_not_allowed: failure(
    403,
    'caller',
    "This endpoint does not accept your profile's authentication type.",
  ),
  environment_not_available: failure(
    403,
    'caller',
    "This API is not available in your profile's environment.",
  ),
  rate_limit_exceeded: failure(
    429,
    'caller',
    'You have exceeded your request rate limit. Please try again later.',
  ),
  quota_exceeded: failure(429, 'caller', 'You have used up your request quota.'),
  invalid_request: failure(400, 'caller', "The request does not match the endpoint's definition."),
  payload_too_large: failure(413, 'caller', 'The request body is too large.'),
  headers_too_large: failure(431, 'caller', 'The request head is too large.'),
  request_timeout: failure(408, 'caller', 'The request did not arrive in time.'),
  client_aborted: failure(499, 'caller', 'The caller closed the connection before the answer.'),
  upstream_unreachable: failure(502, 'upstream', 'The API could not be reached.'),
  upstream_error: failure(502, 'upstream', 'The API broke off its answer.'),
  upstream_timeout: failure(504, 'upstream', 'The API did not answer in time.'),
  upstream_unavailable: failure(503, 'upstream', 'The API is temporarily unavailable.'),
  not_ready: failure(503, 'platform', 'This gateway node has no configuration yet.'),
  internal_error: failure(500, 'platform', 'Something went wrong on our side.'),
} as const satisfies Record<string, Failure>;

/** What the control plane and the developer portal API answer. */
export const CONTROL_FAILURES = {
  unauthenticated: failure(401, 'caller', 'Sign in, or send a valid admin API key.'),
  forbidden: failure(403, 'caller', 'Your role does not allow this.'),
  csrf_required: failure(403, 'caller', 'This request must carry the CSRF header.'),
  not_found: failure(404, 'caller', 'There is nothing here, or it is not yours to see.'),
  conflict: failure(409, 'caller', 'This would collide with something that exists.'),
  version_mismatch: failure(412, 'caller', 'The resource changed since you read it.'),
  payload_too_large: failure(413, 'caller', 'The request body is too large.'),
  unsupported_media_type: failure(415, 'caller', 'Send application/json.'),
  validation_failed: failure(422, 'caller', 'Some fields are not valid; see details.'),
  malformed_body: failure(400, 'caller', 'The request body is not valid JSON.'),
  too_many_requests: failure(429, 'caller', 'Too many requests. Please try again later.'),
  invalid_token: failure(401, 'caller', 'This sign-in link is not valid any more.'),
  access_revoked: failure(403, 'caller', 'Your access to this portal has been revoked.'),
  try_unavailable: failure(409, 'caller', 'This profile cannot be tried from the browser.'),
  gateway_unreachable: failure(502, 'platform', 'The gateway could not be reached.'),
  log_store_unavailable: failure(503, 'platform', 'The log store is not available right now.'),
  secret_unreadable: failure(
    503,
    'platform',
    'This credential cannot be shown right now; it works as before. Rotate it, or ask the operator.',
  ),
  unavailable: failure(503, 'platform', 'The service is temporarily unavailable.'),
  internal_error: failure(500, 'platform', 'Something went wrong on our side.'),
} as const satisfies Record<string, Failure>;

export type GatewayFailureCode = keyof typeof GATEWAY_FAILURES;
export type ControlFailureCode = keyof typeof CONTROL_FAILURES;

/** One thing wrong with the request; `path` starts with where it was: `body.amount`, `query.limit`. */
export interface FailureDetail {
  readonly path: string;
  readonly message: string;
}

/** The body of every error answer of every service. */
export interface ErrorBody {
  readonly error: string;
  readonly message: string;
  readonly request_id: string;
  readonly details?: readonly FailureDetail[];
}
