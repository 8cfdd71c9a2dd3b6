import { Body, Controller, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiProduces,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { Context, type RequestContext } from '../access/request-context.ts';
import { READS_CONFIG, RequireRole, WRITES_CONFIG } from '../access/roles.ts';
import { AnswersWrite } from '../http/api-docs.ts';
import { TakesYaml } from '../http/takes-yaml.ts';
import { ValidQuery } from '../validation/pipes.ts';
import { Writes, type WriteTx } from '../writes/writes.ts';
import { ApplyDocument, type ApplyReport } from './apply-document.ts';
import { readDocument, writeYaml } from './config-document.ts';
import { exportDocument } from './export-document.ts';

export class ExportQuery {
  @ApiPropertyOptional({ enum: ['json', 'yaml'], description: 'Default: by Accept, else json' })
  @IsOptional()
  @IsIn(['json', 'yaml'])
  format?: 'json' | 'yaml';
}

export class ApplyQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Say what would happen' })
  @IsIn(['true', 'false'])
  dry_run: 'true' | 'false' = 'false';

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: 'Delete what the sections of the document do not name',
  })
  @IsIn(['true', 'false'])
  prune: 'true' | 'false' = 'false';
}

export class ChangeResponse {
  @ApiProperty({ enum: ['create', 'update', 'delete'] })
  action!: 'create' | 'update' | 'delete';

  @ApiProperty()
  resource_type!: string;

  @ApiProperty()
  id!: string;

  @ApiPropertyOptional({ type: [String], description: 'Which fields of an update differ' })
  fields?: readonly string[];
}

export class UnmanagedResponse {
  @ApiProperty()
  resource_type!: string;

  @ApiProperty()
  id!: string;
}

export class ApplyResponse {
  @ApiProperty()
  dry_run!: boolean;

  @ApiProperty({ type: [ChangeResponse] })
  changes!: readonly ChangeResponse[];

  @ApiProperty()
  unchanged!: number;

  @ApiProperty({ type: [UnmanagedResponse], description: 'There, and not in the document' })
  unmanaged!: readonly UnmanagedResponse[];
}

/** Ends the transaction of a dry run, carrying its report out. */
class DryRun extends Error {
  constructor(readonly report: ApplyReport) {
    super('dry run');
  }
}

@ApiTags('config')
@Controller('api/v1/config')
export class DeclarativeController {
  constructor(
    private readonly documents: ApplyDocument,
    private readonly writes: Writes,
    private readonly dataSource: DataSource,
  ) {}

  @Get('export')
  @RequireRole(...READS_CONFIG)
  @ApiProduces('application/json', 'application/yaml')
  @ApiResponse({ status: 200, description: 'The whole configuration, secrets aside' })
  async export(
    @ValidQuery(ExportQuery) { format }: ExportQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const document = await exportDocument(this.dataSource);
    const isYaml = format === undefined ? /yaml/.test(accept ?? '') : format === 'yaml';
    if (!isYaml) return document;
    reply.header('content-type', 'application/yaml; charset=utf-8');
    return writeYaml(document);
  }

  @Post('apply')
  @HttpCode(200)
  @RequireRole(...WRITES_CONFIG)
  @TakesYaml()
  @ApiBody({ schema: { type: 'object', description: 'What /config/export answers' } })
  @AnswersWrite(200, ApplyResponse)
  async apply(
    @Context() context: RequestContext,
    @ValidQuery(ApplyQuery) query: ApplyQuery,
    @Body() body: unknown,
  ): Promise<ApplyResponse> {
    const document = readDocument(body);
    const isDryRun = query.dry_run === 'true';
    const work = async (tx: WriteTx): Promise<ApplyReport> => {
      const report = await this.documents.apply(tx, document, query.prune === 'true');
      if (isDryRun) throw new DryRun(report);
      return report;
    };
    const report = await this.writes.withWrite(context, work).catch((error: unknown) => {
      if (error instanceof DryRun) return error.report;
      throw error;
    });
    return { dry_run: isDryRun, ...report };
  }
}
