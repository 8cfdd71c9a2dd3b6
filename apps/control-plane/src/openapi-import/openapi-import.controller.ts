import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Context, type RequestContext } from '../access/request-context.ts';
import { RequireRole, WRITES_CONFIG } from '../access/roles.ts';
import { CollectionsService } from '../collections/collections.service.ts';
import { yamlIn } from '../declarative/config-document.ts';
import { AnswersWrite } from '../http/api-docs.ts';
import { invalid } from '../http/api-error.ts';
import { TakesYaml } from '../http/takes-yaml.ts';
import { Id, ValidQuery } from '../validation/pipes.ts';
import { unstorableIn } from '../validation/unstorable.ts';
import { Writes } from '../writes/writes.ts';
import { ImportEndpoints, type ImportReport } from './import-endpoints.ts';

export class ImportQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Say what would happen' })
  @IsIn(['true', 'false'])
  dry_run: 'true' | 'false' = 'false';
}

export class ImportedEndpointResponse {
  @ApiProperty({ description: 'Of the draft; not kept in a dry run' })
  id!: string;

  @ApiProperty()
  method!: string;

  @ApiProperty()
  path!: string;

  @ApiProperty({ type: [String], description: 'What could not be taken over' })
  notes!: readonly string[];
}

export class SkippedOperationResponse {
  @ApiProperty({ example: 'GET /orders' })
  operation!: string;

  @ApiProperty()
  reason!: string;
}

export class ImportResponse {
  @ApiProperty()
  dry_run!: boolean;

  @ApiProperty({ type: [ImportedEndpointResponse] })
  created!: ImportedEndpointResponse[];

  @ApiProperty({ type: [SkippedOperationResponse] })
  skipped!: SkippedOperationResponse[];
}

/** Ends the transaction of a dry run, carrying its report out. */
class DryRun extends Error {
  constructor(readonly report: ImportReport) {
    super('dry run');
  }
}

@ApiTags('collections')
@Controller('api/v1/collections/:id/import')
export class OpenApiImportController {
  constructor(
    private readonly imports: ImportEndpoints,
    private readonly collections: CollectionsService,
    private readonly writes: Writes,
  ) {}

  @Post()
  @HttpCode(200)
  @RequireRole(...WRITES_CONFIG)
  @TakesYaml()
  @ApiBody({ schema: { type: 'object', description: 'An OpenAPI 3.0 or 3.1 document' } })
  @AnswersWrite(200, ImportResponse)
  async import(
    @Context() context: RequestContext,
    @Id() id: string,
    @ValidQuery(ImportQuery) query: ImportQuery,
    @Body() body: unknown,
  ): Promise<ImportResponse> {
    const document = typeof body === 'string' ? yamlIn(body) : body;
    const unstorable = unstorableIn(document, 'body');
    if (unstorable.length > 0) throw invalid(...unstorable);
    const isDryRun = query.dry_run === 'true';
    const report = await this.writes
      .withWrite(context, async (tx) => {
        await this.collections.get(id, tx);
        const made = await this.imports.import(tx, id, document);
        if (isDryRun) throw new DryRun(made);
        return made;
      })
      .catch((error: unknown) => {
        if (error instanceof DryRun) return error.report;
        throw error;
      });
    return { dry_run: isDryRun, ...report };
  }
}
