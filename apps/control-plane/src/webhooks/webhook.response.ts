import { versionFields } from '../writes/versions.ts';
import type { WebhookFields, WebhookResponse } from './webhook.dto.ts';
import type { WebhookEntity } from './webhook.entity.ts';

/** What an admin may write: the document that a patch is merged into. */
export const toWebhookFields = ({ url, events, active }: WebhookEntity): WebhookFields => ({
  url,
  events,
  active,
});

/** Never holds the secret. */
export const toWebhookResponse = (webhook: WebhookEntity): WebhookResponse => ({
  id: webhook.id,
  ...toWebhookFields(webhook),
  ...versionFields(webhook),
});
