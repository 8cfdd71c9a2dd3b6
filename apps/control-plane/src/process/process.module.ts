import { Module } from '@nestjs/common';
import { ProcessController } from './process.controller.ts';

@Module({ controllers: [ProcessController] })
export class ProcessModule {}
