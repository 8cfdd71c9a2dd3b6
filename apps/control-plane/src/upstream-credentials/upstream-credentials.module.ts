import { Module } from '@nestjs/common';
import { UpstreamCredentialsController } from './upstream-credentials.controller.ts';
import { UpstreamCredentialsService } from './upstream-credentials.service.ts';

@Module({
  controllers: [UpstreamCredentialsController],
  providers: [UpstreamCredentialsService],
  exports: [UpstreamCredentialsService],
})
export class UpstreamCredentialsModule {}
