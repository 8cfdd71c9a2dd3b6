import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { WEBHOOK_EVENTS, type WebhookEventType } from '../webhook-event.ts';
import {
  DELIVERY_STATUSES,
  type DeliveryStatus,
  type WebhookDeliveryEntity,
} from './delivery.entity.ts';

export class DeliveryQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit: number = 50;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @IsOptional()
  @IsString()
  @Matches(/^whd_[0-9a-f]{32}$/, { message: 'is not a cursor of this list' })
  cursor?: string;

  @ApiPropertyOptional({ enum: DELIVERY_STATUSES })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;

  @ApiPropertyOptional({ enum: WEBHOOK_EVENTS })
  @IsOptional()
  @IsIn(WEBHOOK_EVENTS)
  event?: WebhookEventType;
}

export class DeliveryResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  webhook_id!: string;

  @ApiProperty({ description: 'The `webhook-id` header: the same for every attempt' })
  event_id!: string;

  @ApiProperty({ enum: WEBHOOK_EVENTS })
  event!: WebhookEventType;

  @ApiProperty({ enum: DELIVERY_STATUSES })
  status!: DeliveryStatus;

  @ApiProperty()
  attempts!: number;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'While pending' })
  next_attempt_at!: string | null;

  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  last_attempt_at!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Of the last attempt, if it got one' })
  response_status!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'How the last answer began' })
  response_body!: string | null;

  @ApiProperty({ type: Number, nullable: true })
  latency_ms!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why the last attempt failed' })
  error!: string | null;

  @ApiProperty({ type: Object, description: 'What is sent' })
  payload!: unknown;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export const toDeliveryResponse = (delivery: WebhookDeliveryEntity): DeliveryResponse => ({
  id: delivery.id,
  webhook_id: delivery.webhook_id,
  event_id: delivery.event_id,
  event: delivery.event_type,
  status: delivery.status,
  attempts: delivery.attempts,
  next_attempt_at: delivery.next_attempt_at?.toISOString() ?? null,
  last_attempt_at: delivery.last_attempt_at?.toISOString() ?? null,
  response_status: delivery.response_status ?? null,
  response_body: delivery.response_body ?? null,
  latency_ms: delivery.latency_ms ?? null,
  error: delivery.error ?? null,
  payload: JSON.parse(delivery.body),
  created_at: delivery.created_at.toISOString(),
});
