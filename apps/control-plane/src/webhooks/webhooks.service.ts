import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { Vault } from '../vault/vault.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { WebhookFields, type CreateWebhook } from './webhook.dto.ts';
import { WebhookEntity } from './webhook.entity.ts';
import { toWebhookFields, toWebhookResponse } from './webhook.response.ts';

/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

@Injectable()
export class WebhooksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
  ) {}

  list(page: PageQuery): Promise<Page<WebhookEntity>> {
    const query = this.dataSource.manager.createQueryBuilder(WebhookEntity, 'webhook');
    whereAnyHolds(query, ['webhook.id', 'webhook.url'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<WebhookEntity> {
    const webhook = await manager.findOneBy(WebhookEntity, { id });
    if (webhook === null) throw notFound(`There is no webhook ${id}.`);
    return webhook;
  }

  /** The secret leaves here and nowhere else. */
  async create(
    tx: WriteTx,
    { id, ...fields }: CreateWebhook,
  ): Promise<{ webhook: WebhookEntity; secret: string }> {
    await refuseTaken(tx, WebhookEntity, id);
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    const webhook = tx.manager.create(WebhookEntity, {
      id: newId('webhook', new URL(fields.url).hostname, id),
      ...fields,
      ...this.vault.sealToken(secret),
      ...firstVersion(tx),
    });
    await tx.manager.insert(WebhookEntity, webhook as never);
    record(tx, 'create', [null, webhook]);
    return { webhook, secret };
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<WebhookEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    const document = mergePatch(toWebhookFields(before), patch);
    const fields = validated(WebhookFields, document, 'body');
    const webhook = amended(tx, WebhookEntity, before, fields);
    if (changesNothing(tx, [before, webhook])) return before;
    await tx.manager.update(WebhookEntity, { id }, webhook as never);
    record(tx, 'update', [before, webhook]);
    return webhook;
  }

  /** Its deliveries go with it. */
  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const webhook = await this.get(id, tx);
    checkIfMatch(ifMatch, webhook);
    await tx.manager.delete(WebhookEntity, { id });
    record(tx, 'delete', [webhook, null]);
  }
}

function record(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [WebhookEntity | null, WebhookEntity | null],
): void {
  tx.audit({
    action: `webhook.${verb}`,
    resource_type: 'webhook',
    resource_id: (after ?? before)!.id,
    before: before && toWebhookResponse(before),
    after: after && toWebhookResponse(after),
  });
}
