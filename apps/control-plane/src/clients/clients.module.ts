import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.ts';
import { LogIngestModule } from '../request-logs/log-ingest.module.ts';
import { ClientUsage } from '../usage/client-usage.service.ts';
import { ClientUsageController } from './client-usage.controller.ts';
import { ClientsController } from './clients.controller.ts';
import { ClientsService } from './clients.service.ts';

@Module({
  imports: [ProfilesModule, LogIngestModule],
  controllers: [ClientsController, ClientUsageController],
  providers: [ClientsService, ClientUsage],
  exports: [ClientsService],
})
export class ClientsModule {}
