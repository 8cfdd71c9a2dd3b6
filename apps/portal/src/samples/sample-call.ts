import type { Header } from '../api/types.ts';

/** One call, as every language has to make it. */
export interface SampleCall {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: string | undefined;
  /** Present a client certificate: `client.crt` and `client.key` beside the program. */
  readonly withCertificate: boolean;
}
