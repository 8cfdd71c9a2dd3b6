import { Global, Module } from '@nestjs/common';
import { LogIngestClient } from './log-ingest.client.ts';

/** The way to the log store, for every feature that reads it. */
@Global()
@Module({ providers: [LogIngestClient], exports: [LogIngestClient] })
export class LogIngestModule {}
