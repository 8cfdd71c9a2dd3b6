import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { parseItem } from 'structured-headers';
import type { ClientAddress } from './client-address.ts';

type MaybeHttp2 = { readonly stream?: { readonly session?: object } };

const known = new WeakMap<object, X509Certificate | null>();

/**
 * The certificate whose key the caller has proven to hold. Behind a trusted proxy that is what the
 * proxy says it saw (`Client-Cert`, RFC 9440), and never the proxy's own; anybody else's header of
 * that name means nothing.
 */
export function peerCertificate(
  request: IncomingMessage,
  address: ClientAddress,
): X509Certificate | null {
  if (address.viaTrustedProxy) return fromHeader(request.headers['client-cert']);
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.encrypted !== true) return null;
  // One handshake, one certificate: HTTP/2 requests share their session, HTTP/1.1 ones their socket.
  const connection = (request as MaybeHttp2).stream?.session ?? request.socket;
  let certificate = known.get(connection);
  if (certificate === undefined) {
    certificate = socket.getPeerX509Certificate?.() ?? null;
    known.set(connection, certificate);
  }
  return certificate;
}

/** `:<base64 of the DER certificate>:`, a structured-field byte sequence. */
function fromHeader(header: string | string[] | undefined): X509Certificate | null {
  if (typeof header !== 'string') return null;
  try {
    const [value] = parseItem(header);
    return value instanceof ArrayBuffer ? new X509Certificate(Buffer.from(value)) : null;
  } catch {
    return null;
  }
}
