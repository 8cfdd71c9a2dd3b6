import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { conflict, notFound } from '../../http/api-error.ts';
import type { PageAnswer } from '../../paging/read-page.ts';
import type { WriteTx } from '../../writes/writes.ts';
import { WebhooksService } from '../webhooks.service.ts';
import { WebhookDeliveryEntity } from './delivery.entity.ts';
import { toDeliveryResponse, type DeliveryQuery, type DeliveryResponse } from './delivery.dto.ts';
import { announceTo } from './outbox.ts';

/** What a webhook was told, and what an admin may have it told again. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly webhooks: WebhooksService,
  ) {}

  /** Newest first; ids sort by time. */
  async list(webhookId: string, query: DeliveryQuery): Promise<PageAnswer<DeliveryResponse>> {
    await this.webhooks.get(webhookId);
    const { limit, cursor, status, event } = query;
    const select = this.dataSource.manager
      .createQueryBuilder(WebhookDeliveryEntity, 'd')
      .where('d.webhook_id = :webhookId', { webhookId });
    if (cursor !== undefined) select.andWhere('d.id < :cursor', { cursor });
    if (status !== undefined) select.andWhere('d.status = :status', { status });
    if (event !== undefined) select.andWhere('d.event_type = :event', { event });
    const rows = await select
      .orderBy('d.id', 'DESC')
      .take(limit + 1)
      .getMany();
    const page = rows.slice(0, limit);
    return {
      data: page.map(toDeliveryResponse),
      next_cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  }

  /** Sends a test, also to a webhook that is not active yet: that is when one wants to know. */
  async test(tx: WriteTx, webhookId: string): Promise<WebhookDeliveryEntity> {
    const { id } = await this.webhooks.get(webhookId, tx);
    const message = 'If you can read this and the signature fits, the webhook works.';
    const event = { type: 'webhook.test', data: { webhook_id: id, message } } as const;
    const delivery = await announceTo(id, tx, event);
    record(tx, 'test', [null, delivery]);
    return delivery;
  }

  /** At once, and once more than what was tried already; the same event id, so it stays one event. */
  async retry(tx: WriteTx, webhookId: string, id: string): Promise<WebhookDeliveryEntity> {
    await this.webhooks.get(webhookId, tx);
    const before = await tx.manager.findOne(WebhookDeliveryEntity, {
      where: { id, webhook_id: webhookId },
      lock: { mode: 'pessimistic_write' },
    });
    if (before === null) throw notFound(`There is no delivery ${id} of this webhook.`);
    if (before.locked_until !== null && before.locked_until > tx.now) {
      throw conflict('This delivery is being attempted right now.');
    }
    const delivery = tx.manager.create(WebhookDeliveryEntity, {
      ...before,
      status: 'pending',
      attempts_max: Math.max(before.attempts_max, before.attempts + 1),
      next_attempt_at: tx.now,
      locked_until: null,
    });
    await tx.manager.update(WebhookDeliveryEntity, { id }, delivery as never);
    record(tx, 'retry', [before, delivery]);
    return delivery;
  }
}

function record(
  tx: WriteTx,
  verb: 'test' | 'retry',
  [before, after]: readonly [WebhookDeliveryEntity | null, WebhookDeliveryEntity],
): void {
  tx.audit({
    action: `webhook.${verb}`,
    resource_type: 'webhook',
    resource_id: after.webhook_id,
    before: before && forAudit(before),
    after: forAudit(after),
  });
}

/** Without what a receiver answered: the audit log keeps for ever what it is given. */
const forAudit = (delivery: WebhookDeliveryEntity) => ({
  ...toDeliveryResponse(delivery),
  response_body: undefined,
});
