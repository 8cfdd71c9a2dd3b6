import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.ts';
import { EndpointsModule } from '../endpoints/endpoints.module.ts';
import { ImportEndpoints } from './import-endpoints.ts';
import { OpenApiImportController } from './openapi-import.controller.ts';

@Module({
  imports: [CollectionsModule, EndpointsModule],
  controllers: [OpenApiImportController],
  providers: [ImportEndpoints],
})
export class OpenApiImportModule {}
