import { escapeHtml } from './html.ts';

/** One thing that the reader can do. */
export interface MailAction {
  /** Above the button; a name, for instance. */
  readonly label: string | null;
  readonly button: string;
  readonly url: string;
}

export interface MailContent {
  readonly title: string;
  /** Paragraphs before the actions, plain text. */
  readonly before: readonly string[];
  readonly actions: readonly MailAction[];
  readonly after: readonly string[];
  /** Who sends it. */
  readonly sender: string;
}

export function renderText({ title, before, actions, after, sender }: MailContent): string {
  const links = actions.map(({ label, button, url }) => `${label ?? button}:\n${url}`);
  return `${[title, ...before, ...links, ...after, `-- \n${sender}`].join('\n\n')}\n`;
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** Tables and inline styles, because that is what mail programs understand. No image, no tracking. */
export function renderHtml({ title, before, actions, after, sender }: MailContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6">
<tr><td align="center" style="padding:40px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border:1px solid #e5e7eb;border-radius:12px">
<tr><td style="padding:36px 40px;${FONT};font-size:16px;line-height:1.55;color:#1f2937">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;color:#111827">${escapeHtml(title)}</h1>
${before.map(paragraph).join('\n')}
${actions.map(actionBlock).join('\n')}
${after.map(smallPrint).join('\n')}
</td></tr>
</table>
<p style="margin:20px 0 0;${FONT};font-size:13px;color:#6b7280">${escapeHtml(sender)}</p>
</td></tr>
</table>
</body>
</html>
`;
}

const paragraph = (text: string): string =>
  `<p style="margin:0 0 16px;overflow-wrap:anywhere">${escapeHtml(text)}</p>`;

const smallPrint = (text: string): string =>
  `<p style="margin:16px 0 0;font-size:14px;color:#6b7280">${escapeHtml(text)}</p>`;

const actionBlock = ({ label, button, url }: MailAction): string => {
  const heading =
    label === null
      ? ''
      : `<p style="margin:20px 0 8px;font-weight:600;overflow-wrap:anywhere">${escapeHtml(label)}</p>\n`;
  const href = escapeHtml(url);
  return `${heading}<p style="margin:0 0 8px"><a href="${href}" style="display:inline-block;padding:12px 22px;background:#1f7567;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none">${escapeHtml(button)}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:#6b7280;overflow-wrap:anywhere">${href}</p>`;
};
