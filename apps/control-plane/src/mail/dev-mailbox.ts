import type { MailTransport, OutgoingMail } from './mail.ts';

/** Older ones are dropped. */
const MAILS_MAX = 200;

export interface KeptMail extends OutgoingMail {
  readonly links: readonly string[];
  readonly at: string;
}

/** Where mail goes on a developer's machine: a list in memory, shown at `/dev/mail`. */
export class DevMailbox implements MailTransport {
  readonly name = 'mailbox';
  readonly #newestFirst: KeptMail[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  send(mail: OutgoingMail): Promise<void> {
    const links = [...new Set(mail.text.match(/https?:\/\/[^\s<>"]+/g) ?? [])];
    this.#newestFirst.unshift({ ...mail, links, at: new Date(this.#now()).toISOString() });
    this.#newestFirst.length = Math.min(this.#newestFirst.length, MAILS_MAX);
    return Promise.resolve();
  }

  mails(): readonly KeptMail[] {
    return this.#newestFirst;
  }

  close(): void {
    this.#newestFirst.length = 0;
  }
}
