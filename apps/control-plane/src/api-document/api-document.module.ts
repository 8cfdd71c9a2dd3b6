import { Module } from '@nestjs/common';
import { ApiDocumentController } from './api-document.controller.ts';
import { ApiDocument } from './api-document.ts';

@Module({ controllers: [ApiDocumentController], providers: [ApiDocument] })
export class ApiDocumentModule {}
