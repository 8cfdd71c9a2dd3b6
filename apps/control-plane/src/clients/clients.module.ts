import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.ts';
import { ClientsController } from './clients.controller.ts';
import { ClientsService } from './clients.service.ts';

@Module({
  imports: [ProfilesModule],
  controllers: [ClientsController],
  providers: [ClientsService],
  exports: [ClientsService],
})
export class ClientsModule {}
