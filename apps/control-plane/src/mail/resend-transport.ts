import { Resend } from 'resend';
import type { MailTransport, OutgoingMail } from './mail.ts';

/** Mail through Resend's API. */
export class ResendTransport implements MailTransport {
  readonly name = 'resend';
  readonly #resend: Resend;
  readonly #from: string;

  constructor(apiKey: string, from: string) {
    this.#resend = new Resend(apiKey);
    this.#from = from;
  }

  async send(mail: OutgoingMail): Promise<void> {
    const { error } = await this.#resend.emails.send({ from: this.#from, ...mail });
    if (error !== null) throw new Error(`sending through Resend: ${error.name}: ${error.message}`);
  }

  close(): void {
    // Nothing is held open between two calls.
  }
}
