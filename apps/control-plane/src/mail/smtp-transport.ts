import { createTransport } from 'nodemailer';
import type { MailTransport, OutgoingMail } from './mail.ts';

const TIMEOUT_MS = 15_000;

/** Mail through an SMTP server: `smtp://user:password@host:587`, or `smtps://` for TLS from the start. */
export class SmtpTransport implements MailTransport {
  readonly name = 'smtp';
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;

  constructor(url: string, from: string) {
    this.#from = from;
    this.#transport = createTransport({
      url,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // Our mails have no attachments: nothing in one may make nodemailer read a file or fetch a URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(mail: OutgoingMail): Promise<void> {
    // As an object, so that no character of the address is read as a list or a display name.
    const to = { name: '', address: mail.to };
    const headers = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };
    await this.#transport.sendMail({ ...mail, to, from: this.#from, headers });
  }

  close(): void {
    this.#transport.close();
  }
}
