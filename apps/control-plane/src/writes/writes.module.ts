import { Global, Module } from '@nestjs/common';
import { WriteSignal } from './write-signal.ts';
import { Writes } from './writes.ts';

@Global()
@Module({ providers: [Writes, WriteSignal], exports: [Writes, WriteSignal] })
export class WritesModule {}
