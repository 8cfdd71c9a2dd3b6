import { Module } from '@nestjs/common';
import { LogIngestModule } from './log-ingest.module.ts';
import { RequestLogsController } from './request-logs.controller.ts';

@Module({ imports: [LogIngestModule], controllers: [RequestLogsController] })
export class RequestLogsModule {}
