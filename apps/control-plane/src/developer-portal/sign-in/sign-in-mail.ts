import type { OutgoingMail } from '../../mail/mail.ts';
import { oneLine } from '../../mail/html.ts';
import { renderHtml, renderText, type MailContent } from '../../mail/mail-layout.ts';

export interface ClientLink {
  readonly clientName: string;
  readonly url: string;
}

/** One mail, however many clients the address may sign in for: one labelled link for each. */
export function signInMail(to: string, links: readonly ClientLink[], portal: string): OutgoingMail {
  const names = links.map(({ clientName }) => oneLine(clientName));
  const content = links.length === 1 ? forOne(names[0] ?? '', portal) : forSeveral(portal);
  const mail: MailContent = {
    ...content,
    actions: links.map(({ url }, index) => ({
      label: names[index] ?? null,
      button: links.length === 1 ? 'Sign in' : `Sign in for ${names[index]}`,
      url,
    })),
    after: [
      links.length === 1
        ? 'The link works once, for 30 minutes, in this or any other browser.'
        : 'Each link works once, for 30 minutes, in this or any other browser.',
      'You did not ask for this? Then ignore this mail: nobody can sign in without it.',
    ],
    sender: portal,
  };
  return { to, subject: content.title, text: renderText(mail), html: renderHtml(mail) };
}

const forOne = (clientName: string, portal: string) => ({
  title: `Sign in to ${portal} for ${clientName}`,
  before: [`Here is your sign-in link for ${clientName}.`],
});

const forSeveral = (portal: string) => ({
  title: `Sign in to ${portal}`,
  before: ['Your address is registered with more than one company. Choose one:'],
});
