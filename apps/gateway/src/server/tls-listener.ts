import { createSecureServer } from 'node:http2';
import type { Http2SecureServer } from 'node:http2';
import type { Server } from 'node:http';
import type { GatewayConfig } from '../config.ts';
import { serverOptions, wire } from './http-listener.ts';
import type { TrafficListener } from './http-listener.ts';
import type { TlsMaterial } from './tls-certificate.ts';

/** Streams of one HTTP/2 connection at a time: what one caller may keep going in parallel. */
const STREAMS_MAX = 128;

/**
 * HTTPS with HTTP/2 and HTTP/1.1. A client certificate is asked for and never required here: whether
 * one is needed, and which, is the profile's business. The handshake proves possession of its key.
 */
export function createTlsListener(
  limits: GatewayConfig['limits'],
  material: TlsMaterial,
  traffic: TrafficListener,
): Http2SecureServer {
  const server = createSecureServer({
    ...serverOptions(limits),
    ...material,
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headTimeoutMs,
    maxHeaderListPairs: limits.headerCountMax,
    maxSessionMemory: 16,
    settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: limits.headBytesMax },
  });
  // The HTTP/1.1 half of this server emits the same events as a plain one.
  wire(server as unknown as Server, limits, traffic);
  server.on('session', (session) => {
    session.setTimeout(limits.keepAliveMs, () => {
      // Idle means no stream is open; a long call is not idle.
      session.close();
    });
  });
  return server;
}
