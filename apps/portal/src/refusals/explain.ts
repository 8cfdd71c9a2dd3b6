import type { GatewayFailureCode } from '@portico/contracts';

export interface Explanation {
  /** What the gateway looked at. */
  readonly check: string;
  /** What the person can do about it. */
  readonly advice: string;
}

const OPERATOR_SIDE = 'Nothing is wrong with your request. Try again in a moment.';

/** One row per way the gateway says no; the compiler wants a new code explained here. */
const EXPLANATIONS: Record<GatewayFailureCode, Explanation> = {
  bad_request: {
    check: 'The request is well-formed HTTP',
    advice: 'Look for broken header lines or an unescaped character in the path.',
  },
  identity_required: {
    check: 'X-Client-ID and X-Profile-ID are both present, once each',
    advice: 'Copy both from the auth headers panel, and send neither twice.',
  },
  client_forbidden: {
    check: 'Your company is an active client',
    advice: 'Compare X-Client-ID with the auth headers panel. If it is right, ask your contact.',
  },
  profile_forbidden: {
    check: 'The profile exists, is active and is yours',
    advice: 'Choose a profile at the top of the page and copy its X-Profile-ID again.',
  },
  ip_not_allowed: {
    check: 'Your address is on the list this profile may be used from',
    advice: 'Call from an agreed network, or ask your contact to add this address.',
  },
  invalid_credential: {
    check: 'The credential fits the profile',
    advice:
      'Copy the Authorization header of this profile again. Tokens of other profiles, expired ones and rotated ones are refused.',
  },
  not_found: {
    check: 'A published API lives at this path',
    advice: 'Compare the path with the endpoint’s. Every segment counts, also a slash at the end.',
  },
  collection_not_allowed: {
    check: 'Your contract covers this API',
    advice: 'It is not among those assigned to you. Ask your contact if it should be.',
  },
  method_not_allowed: {
    check: 'The endpoint and your profile allow this method',
    advice: 'The Allow header lists what works here. Your profile may be limited to reading.',
  },
  auth_type_not_allowed: {
    check: 'The endpoint accepts this kind of credential',
    advice: 'Choose another profile: the endpoint page lists the kinds it accepts.',
  },
  environment_not_available: {
    check: 'The API runs in your profile’s environment',
    advice: 'Choose a profile of an environment that the collection page lists.',
  },
  rate_limit_exceeded: {
    check: 'You are within your rate limit',
    advice:
      'Wait as long as Retry-After says, then go on more slowly. The refusal used up nothing.',
  },
  quota_exceeded: {
    check: 'You are within your quota',
    advice: 'The usage page says when it resets. Ask your contact if you need more.',
  },
  invalid_request: {
    check: 'Parameters and body match the endpoint’s definition',
    advice: 'Each line below names a place and what is wrong with it.',
  },
  payload_too_large: {
    check: 'The body is not too large',
    advice: 'Send less at once, for example in several calls.',
  },
  headers_too_large: {
    check: 'The request head is not too large',
    advice: 'Shorten the address or the headers.',
  },
  request_timeout: {
    check: 'The request arrived in time',
    advice: 'The connection was slow or broke off while sending. Try again.',
  },
  client_aborted: {
    check: 'The caller waited for the answer',
    advice: 'The connection was closed early. Allow more time, or look for a proxy that gives up.',
  },
  upstream_unreachable: {
    check: 'The API behind the gateway can be reached',
    advice: OPERATOR_SIDE,
  },
  upstream_error: { check: 'The API finished its answer', advice: OPERATOR_SIDE },
  upstream_timeout: { check: 'The API answered in time', advice: OPERATOR_SIDE },
  upstream_unavailable: {
    check: 'The API is up',
    advice: 'It is being given a rest. Try again after as long as Retry-After says.',
  },
  not_ready: { check: 'The gateway is ready', advice: OPERATOR_SIDE },
  internal_error: { check: 'The gateway worked', advice: OPERATOR_SIDE },
};

export const explain = (code: string): Explanation | undefined =>
  Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code as GatewayFailureCode] : undefined;
