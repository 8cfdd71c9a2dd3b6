import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Foundation } from '../foundation.ts';
import { Vault } from '../vault/vault.ts';
import { WriteSignal } from '../writes/write-signal.ts';
import { DeliveriesController } from './deliveries/deliveries.controller.ts';
import { DeliveriesService } from './deliveries/deliveries.service.ts';
import { WebhookDispatcher } from './dispatch/webhook-dispatcher.ts';
import { webhookSettings } from './webhook-settings.ts';
import { WebhooksController } from './webhooks.controller.ts';
import { WebhooksService } from './webhooks.service.ts';

const createDispatcher = (foundation: Foundation, vault: Vault): WebhookDispatcher =>
  new WebhookDispatcher({
    ...foundation,
    vault,
    settings: webhookSettings(foundation.config),
    now: Date.now,
    random: Math.random,
  });

/** Tells other systems what happens here: the resource, the outbox and what sends it. */
@Module({
  controllers: [WebhooksController, DeliveriesController],
  providers: [
    WebhooksService,
    DeliveriesService,
    { provide: WebhookDispatcher, inject: [Foundation, Vault], useFactory: createDispatcher },
  ],
  exports: [WebhookDispatcher],
})
export class WebhooksModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #unlisten: (() => void) | undefined;

  constructor(
    @Inject(WebhookDispatcher) private readonly dispatcher: WebhookDispatcher,
    @Inject(WriteSignal) private readonly signal: WriteSignal,
  ) {}

  onApplicationBootstrap(): void {
    this.#unlisten = this.signal.on(() => this.dispatcher.wake());
    this.dispatcher.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#unlisten?.();
    await this.dispatcher.stop();
  }
}
