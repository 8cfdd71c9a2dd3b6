import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signInMail } from '../developer-portal/sign-in/sign-in-mail.ts';
import { renderDevMailPage } from './dev-mail-page.ts';
import { escapeHtml } from './html.ts';

const NASTY = `<img src=x onerror=alert(1)>"'&\r\nBcc: everybody@evil.test\u2028x\u202e`;
const linksFor = (...names: string[]) =>
  names.map((clientName, index) => ({ clientName, url: `https://p.test/link?token=t${index}` }));

describe('mail texts', () => {
  it('escape whatever names hold', () => {
    for (const mail of [
      signInMail('a@b.test', linksFor(NASTY), NASTY),
      signInMail('a@b.test', linksFor(NASTY, 'Globex'), NASTY),
    ]) {
      expect(mail.html).not.toContain('<img');
      expect(mail.html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    }
  });

  it('keep a subject on one line, so that a name cannot add a header', () => {
    const mail = signInMail('a@b.test', linksFor(NASTY), 'Portal');
    expect(mail.subject).not.toMatch(/[\r\n\u2028\u202e]/);
  });

  it('hold every link in both parts', () => {
    const links = linksFor('Acme', 'Globex');
    const mail = signInMail('a@b.test', links, 'Portal');
    for (const { url } of links) {
      expect(mail.text).toContain(url);
      expect(mail.html).toContain(`href="${url}"`);
    }
  });

  it('escape so that no text ends an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a') }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('are shown escaped in the developer mailbox', () => {
    const mail = { ...signInMail(NASTY, linksFor(NASTY), NASTY), at: '2026-01-01T00:00:00.000Z' };
    const page = renderDevMailPage([{ ...mail, links: ['https://p.test/?a=1&b="x"'] }]);
    expect(page).not.toContain('<img');
    expect(page).toContain('href="https://p.test/?a=1&amp;b=&quot;x&quot;"');
    expect(page).not.toMatch(/<script/i);
  });
});
