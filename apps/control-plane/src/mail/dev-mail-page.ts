import type { KeptMail } from './dev-mailbox.ts';
import { escapeHtml } from './html.ts';

/** Nothing may run on this page: it shows whatever names and addresses people typed in. */
export const DEV_MAIL_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `
  body { margin: 0; background: #f3f4f6; color: #1f2937; font: 15px/1.5 system-ui, sans-serif }
  main { max-width: 760px; margin: 0 auto; padding: 32px 16px }
  article { background: #fff; border: 1px solid #e5e7eb; border-radius: 10px; padding: 18px 22px; margin: 14px 0 }
  h2 { font-size: 17px; margin: 0 } small { color: #6b7280 }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; color: #4b5563; font: 13px/1.5 ui-monospace, monospace }
  a { overflow-wrap: anywhere }
  @media (prefers-color-scheme: dark) {
    body { background: #111827; color: #e5e7eb } article { background: #1f2937; border-color: #374151 }
    pre { color: #9ca3af } a { color: #93c5fd }
  }`;

/** Reloads itself by a header, since it has no script. */
export const renderDevMailPage = (mails: readonly KeptMail[]): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Developer mailbox</title><style>${STYLE}</style></head>
<body><main>
<h1>Developer mailbox</h1>
<p><small>Mail that would have been sent, newest first. This page reloads itself.</small></p>
${mails.length === 0 ? '<p>No mail yet.</p>' : mails.map(article).join('\n')}
</main></body></html>
`;

const article = (mail: KeptMail): string => `<article>
<h2>${escapeHtml(mail.subject)}</h2>
<small>to ${escapeHtml(mail.to)} · <time datetime="${mail.at}">${mail.at}</time></small>
<ul>${mail.links.map(link).join('')}</ul>
<details><summary>Whole text</summary><pre>${escapeHtml(mail.text)}</pre></details>
</article>`;

const link = (url: string): string =>
  `<li><a rel="noreferrer" href="${escapeHtml(url)}">${escapeHtml(url)}</a></li>`;
