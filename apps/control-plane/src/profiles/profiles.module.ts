import { Module } from '@nestjs/common';
import { AuthHeadersController } from './auth-headers.controller.ts';
import { RevealedHeaders } from './auth-headers.ts';
import { Credentials } from './credentials.ts';
import { ProfilesController } from './profiles.controller.ts';
import { ProfilesService } from './profiles.service.ts';

@Module({
  controllers: [ProfilesController, AuthHeadersController],
  providers: [ProfilesService, Credentials, RevealedHeaders],
  exports: [ProfilesService, Credentials, RevealedHeaders],
})
export class ProfilesModule {}
