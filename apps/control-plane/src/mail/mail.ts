/** One message to one person. */
export interface OutgoingMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What takes a message off our hands: a vendor's API, an SMTP server, or the developer mailbox. */
export interface MailTransport {
  readonly name: 'resend' | 'smtp' | 'mailbox';
  /** Resolves once the other side has accepted the message. */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/**
 * What a job becomes when its turn comes. Links are made here, not when the mail was asked for, so
 * that no credential ever rests in a queue.
 */
export interface ComposedMail {
  readonly mail: OutgoingMail;
  /** Takes back what composing made (a link nobody received), before the next attempt. */
  readonly undo?: () => Promise<void>;
}

/** `null` = there is nothing to send any more. */
export type Compose<T> = (data: T) => Promise<ComposedMail | null>;

/** What rests in the queue: whom to write to about what, and never a secret. */
export interface MailJob {
  readonly kind: string;
  readonly data: unknown;
}
