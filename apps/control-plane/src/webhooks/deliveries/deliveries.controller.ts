import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Context, type RequestContext } from '../../access/request-context.ts';
import { READS_CONFIG, RequireRole, WRITES_CONFIG } from '../../access/roles.ts';
import { AnswersPage, AnswersWrite } from '../../http/api-docs.ts';
import { Id, ValidQuery } from '../../validation/pipes.ts';
import { Writes } from '../../writes/writes.ts';
import { DeliveriesService } from './deliveries.service.ts';
import { DeliveryQuery, DeliveryResponse, toDeliveryResponse } from './delivery.dto.ts';

@ApiTags('webhooks')
@Controller('api/v1/webhooks/:id')
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveriesService,
    private readonly writes: Writes,
  ) {}

  @Get('deliveries')
  @RequireRole(...READS_CONFIG)
  @AnswersPage(DeliveryResponse)
  list(@Id() id: string, @ValidQuery(DeliveryQuery) query: DeliveryQuery) {
    return this.deliveries.list(id, query);
  }

  @Post('deliveries/:delivery_id/retry')
  @HttpCode(200)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, DeliveryResponse)
  async retry(
    @Context() context: RequestContext,
    @Id() id: string,
    @Id('delivery_id') deliveryId: string,
  ) {
    const delivery = await this.writes.withWrite(context, (tx) =>
      this.deliveries.retry(tx, id, deliveryId),
    );
    return toDeliveryResponse(delivery);
  }

  @Post('test')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, DeliveryResponse)
  async test(@Context() context: RequestContext, @Id() id: string) {
    const delivery = await this.writes.withWrite(context, (tx) => this.deliveries.test(tx, id));
    return toDeliveryResponse(delivery);
  }
}
