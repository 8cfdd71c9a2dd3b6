import { Resend } from 'resend';
import type { MailTransport, OutgoingMail } from './mail.ts';
import { within } from './within.ts';

const TIMEOUT_MS = 15_000;

interface ResendOptions {
  readonly from: string;
  readonly timeoutMs?: number;
  /** Another address of the API; Resend's own when absent. */
  readonly baseUrl?: string;
}

/** Mail through Resend's API. */
export class ResendTransport implements MailTransport {
  readonly name = 'resend';
  readonly #resend: Resend;
  readonly #from: string;
  readonly #timeoutMs: number;

  constructor(apiKey: string, { from, timeoutMs = TIMEOUT_MS, baseUrl }: ResendOptions) {
    this.#resend = new Resend(apiKey, baseUrl === undefined ? {} : { baseUrl });
    this.#from = from;
    this.#timeoutMs = timeoutMs;
  }

  async send(mail: OutgoingMail): Promise<void> {
    const sent = this.#resend.emails.send({ from: this.#from, ...mail });
    // The library waits for ever; a hanging vendor must not hold a worker.
    const { error } = await within(this.#timeoutMs, sent, 'Resend did not answer');
    if (error !== null) throw new Error(`sending through Resend: ${error.name}: ${error.message}`);
  }

  close(): void {
    // Nothing is held open between two calls.
  }
}
