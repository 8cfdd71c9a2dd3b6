/**
 * Headers that the gateway writes itself, or that say how a message travels. One of these injected
 * would be sent twice, or would make every call of the endpoint fail.
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'content-length', 'expect', 'http2-settings', 'proxy-authorization'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded'],
  ...['x-request-id', 'traceparent', 'tracestate'],
]);

export const isReservedHeader = (name: string): boolean =>
  RESERVED.has(name.toLowerCase()) || name.toLowerCase().startsWith('x-portico-');

export const RESERVED_HEADER_MESSAGE = 'is a header that the gateway writes itself';
