import { Module } from '@nestjs/common';
import { CollectionsController } from './collections.controller.ts';
import { CollectionsService } from './collections.service.ts';

@Module({
  controllers: [CollectionsController],
  providers: [CollectionsService],
  exports: [CollectionsService],
})
export class CollectionsModule {}
