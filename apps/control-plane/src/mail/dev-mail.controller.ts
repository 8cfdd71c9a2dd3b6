import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/roles.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { notFound } from '../http/api-error.ts';
import { CONFIG } from '../tokens.ts';
import { DEV_MAIL_CSP, renderDevMailPage } from './dev-mail-page.ts';
import { DevMailbox } from './dev-mailbox.ts';
import { MailService } from './mail.service.ts';

const RELOAD_SECONDS = 5;

/** The developer mailbox. It shows sign-in links to anybody, so it exists in standalone only. */
@Controller('dev')
@Public()
@ApiExcludeController()
export class DevMailController {
  constructor(
    private readonly mail: MailService,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  @Get('mail')
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    const mails = this.mailbox().mails();
    reply.headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': DEV_MAIL_CSP,
      'cache-control': 'no-store',
      refresh: String(RELOAD_SECONDS),
    });
    return renderDevMailPage(mails);
  }

  @Get('mail.json')
  list(@Res({ passthrough: true }) reply: FastifyReply): unknown {
    reply.header('cache-control', 'no-store');
    return this.mailbox()
      .mails()
      .map(({ to, subject, text, html, links, at }) => ({ to, subject, text, html, links, at }));
  }

  private mailbox(): DevMailbox {
    const { transport } = this.mail;
    if (!this.config.mail.isDevMailbox || !(transport instanceof DevMailbox)) throw notFound();
    return transport;
  }
}
