import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@portico/telemetry';
import type { ControlPlaneConfig } from '../config.ts';
import { CONFIG, LOGGER } from '../tokens.ts';
import { DevMailController } from './dev-mail.controller.ts';
import { MailService } from './mail.service.ts';

function createMailService(config: ControlPlaneConfig, logger: Logger): MailService {
  const { resendApiKey, smtpUrl, from, isDevMailbox } = config.mail;
  if (resendApiKey === null && smtpUrl === null && !isDevMailbox) {
    logger.warn(
      'no mail provider is configured: set RESEND_API_KEY or SMTP_URL, or no mail leaves',
    );
  }
  return new MailService({
    redisUrl: config.redisUrl ?? undefined,
    resendApiKey: resendApiKey ?? undefined,
    smtpUrl: smtpUrl ?? undefined,
    from,
    logger,
  });
}

/** Mail for every feature that writes one. */
@Module({
  controllers: [DevMailController],
  providers: [{ provide: MailService, inject: [CONFIG, LOGGER], useFactory: createMailService }],
  exports: [MailService],
})
export class MailModule implements OnApplicationShutdown {
  constructor(@Inject(MailService) private readonly mail: MailService) {}

  async onApplicationShutdown(): Promise<void> {
    await this.mail.stop();
  }
}
