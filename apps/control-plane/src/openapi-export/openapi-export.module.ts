import { Module } from '@nestjs/common';
import { OpenApiExportController } from './openapi-export.controller.ts';

@Module({ controllers: [OpenApiExportController] })
export class OpenApiExportModule {}
