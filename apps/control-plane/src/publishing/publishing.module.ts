import { Global, Module } from '@nestjs/common';
import { GatewaysController } from './gateways.controller.ts';
import { LiveNodes } from './live-nodes.ts';
import { Publisher } from './publisher.ts';
import { PublishingMetrics } from './publishing-metrics.ts';

@Global()
@Module({
  controllers: [GatewaysController],
  providers: [LiveNodes, Publisher, PublishingMetrics],
  exports: [LiveNodes],
})
export class PublishingModule {}
