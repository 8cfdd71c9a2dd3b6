import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { portalSettings } from '../developer-portal/portal-settings.ts';
import { Foundation } from '../foundation.ts';
import { MailModule } from '../mail/mail.module.ts';
import { MailService } from '../mail/mail.service.ts';
import { LiveNodes } from '../publishing/live-nodes.ts';
import { LogIngestClient } from '../request-logs/log-ingest.client.ts';
import { LogIngestModule } from '../request-logs/log-ingest.module.ts';
import { WebhookDispatcher } from '../webhooks/dispatch/webhook-dispatcher.ts';
import { WebhooksModule } from '../webhooks/webhooks.module.ts';
import { AlertJob } from './alert-job.ts';
import { alertSettings } from './alert-settings.ts';
import { ALERT_MAIL, composeAlertMail, type AlertMailJob } from './mails/alert-mails.ts';

function createJob(
  foundation: Foundation,
  mail: MailService,
  { logs, nodes, dispatcher }: Neighbours,
): AlertJob {
  const { config, dataSource } = foundation;
  const sender = portalSettings(config).branding.name;
  const post = mail.define<AlertMailJob>(ALERT_MAIL, (job) =>
    composeAlertMail(dataSource, job, sender),
  );
  return new AlertJob({
    ...foundation,
    settings: alertSettings(config),
    adminEmail: config.adminEmail,
    usageTotals: (query) => logs.usageTotals(query),
    heartbeats: () => nodes.list().map(({ heartbeat }) => heartbeat),
    postMail: (id) => post({ id }),
    onFired: () => dispatcher.wake(),
    now: Date.now,
  });
}

interface Neighbours {
  readonly logs: LogIngestClient;
  readonly nodes: LiveNodes;
  readonly dispatcher: WebhookDispatcher;
}

/** Tells people and systems what they would want to know before it hurts. */
@Module({
  imports: [MailModule, LogIngestModule, WebhooksModule],
  providers: [
    {
      provide: AlertJob,
      inject: [Foundation, MailService, LogIngestClient, LiveNodes, WebhookDispatcher],
      useFactory: (
        foundation: Foundation,
        mail: MailService,
        ...[logs, nodes, dispatcher]: [LogIngestClient, LiveNodes, WebhookDispatcher]
      ) => createJob(foundation, mail, { logs, nodes, dispatcher }),
    },
  ],
})
export class AlertsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(AlertJob) private readonly job: AlertJob) {}

  onApplicationBootstrap(): void {
    this.job.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.job.stop();
  }
}
