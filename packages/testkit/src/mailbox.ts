import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './eventually.ts';

export interface ReceivedMail {
  /** Of the SMTP envelope: who it really went to. */
  readonly recipients: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Every http(s) address in either part, once each. */
  readonly links: readonly string[];
}

export interface Mailbox {
  /** For `SMTP_URL`. */
  readonly url: string;
  /** In order of arrival. */
  readonly mails: readonly ReceivedMail[];
  /** The newest mail to this address, waiting for one if need be. */
  mailTo(address: string, options?: { readonly withinMs?: number }): Promise<ReceivedMail>;
  forget(): void;
  stop(): Promise<void>;
}

/** A real SMTP server that accepts everything and delivers nothing. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, session, accepted) => {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      readMail(stream, recipients).then((mail) => {
        mails.push(mail);
        accepted();
      }, accepted);
    },
  });
  await new Promise<void>((listening, failed) => {
    server.on('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    mailTo: (address, options) =>
      eventually(() => {
        const mail = mails.findLast(({ recipients }) => recipients.includes(address));
        if (!mail) throw new Error(`no mail to ${address} among ${mails.length}`);
        return mail;
      }, options),
    forget: () => void mails.splice(0),
    stop: () => new Promise((closed) => server.close(() => closed())),
  };
}

async function readMail(
  stream: AsyncIterable<unknown>,
  recipients: readonly string[],
): Promise<ReceivedMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const mail = await PostalMime.parse(Buffer.concat(chunks));
  const text = mail.text ?? '';
  const html = mail.html ?? '';
  return {
    recipients,
    from: mail.from?.address ?? '',
    subject: mail.subject ?? '',
    text,
    html,
    links: linksIn(`${text}\n${html.replaceAll('&amp;', '&')}`),
  };
}

const linksIn = (content: string): readonly string[] => [
  ...new Set(content.match(/https?:\/\/[^\s"'<>)\]]+/g) ?? []),
];
