import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/roles.ts';
import { notFound } from '../http/api-error.ts';
import { Id } from '../validation/pipes.ts';
import { ApiDocument } from './api-document.ts';
import { DOCS_ASSETS, DOCS_PAGE, readDocsAsset } from './docs-page.ts';

/** The document, and a page to browse it that asks no third party for anything. */
@Controller('api')
@Public()
@ApiExcludeController()
export class ApiDocumentController {
  constructor(private readonly document: ApiDocument) {}

  @Get('v1/openapi.json')
  openapi(): OpenAPIObject {
    return this.document.get();
  }

  @Get('docs')
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    reply.header('content-type', 'text/html; charset=utf-8');
    reply.header(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    return DOCS_PAGE;
  }

  @Get('docs/:name')
  async asset(@Id('name') name: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const type = DOCS_ASSETS.get(name);
    if (type === undefined) throw notFound();
    reply.headers({ 'content-type': type, 'cache-control': 'public, max-age=3600' });
    return readDocsAsset(name);
  }
}
