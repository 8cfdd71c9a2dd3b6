import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.ts';
import { EndpointsController } from './endpoints.controller.ts';
import { EndpointsService } from './endpoints.service.ts';

@Module({
  imports: [CollectionsModule],
  controllers: [EndpointsController],
  providers: [EndpointsService],
  exports: [EndpointsService],
})
export class EndpointsModule {}
