import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { z } from 'zod';
import { ResourceResponse } from '../http/resource.dto.ts';
import { Contract, inheritContractFields } from '../validation/contract.ts';
import { IsOwnId } from '../validation/fields.ts';
import { WEBHOOK_EVENTS, type WebhookEventType } from './webhook-event.ts';
import { webhookUrlSchema } from './webhook-url.ts';

const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'must not name an event twice');

export class WebhookFields {
  @Contract(webhookUrlSchema, { description: 'https, or http to a loopback address' })
  url!: string;

  @Contract(events, { description: 'What it is told of' })
  events!: WebhookEventType[];

  @ApiPropertyOptional({ description: 'While false nothing is recorded for it, nothing is sent' })
  @IsBoolean()
  active: boolean = true;
}

export class CreateWebhook extends WebhookFields {
  @IsOwnId('webhook')
  id?: string;
}

export class PatchWebhook extends PartialType(WebhookFields) {}
inheritContractFields(WebhookFields, PatchWebhook);

export class WebhookResponse extends ResourceResponse {
  @ApiProperty({ example: 'wh_hooks_acme_example_7x2k9q' })
  id!: string;

  @ApiProperty({ format: 'uri' })
  url!: string;

  @ApiProperty({ enum: WEBHOOK_EVENTS, isArray: true })
  events!: WebhookEventType[];

  @ApiProperty()
  active!: boolean;
}

export class CreatedWebhookResponse extends WebhookResponse {
  @ApiProperty({
    description: 'Verifies deliveries (Standard Webhooks). Shown this once',
    example: 'whsec_…',
  })
  secret!: string;
}
