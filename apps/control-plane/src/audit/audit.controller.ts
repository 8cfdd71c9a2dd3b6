import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { READS_AUDIT, RequireRole } from '../access/roles.ts';
import { Answers, AnswersPage } from '../http/api-docs.ts';
import { Id, ValidQuery } from '../validation/pipes.ts';
import { EXPORT_TYPE, exportStream } from './audit-export.ts';
import { AuditLog } from './audit-log.service.ts';
import {
  AuditEntryResponse,
  AuditExportQuery,
  AuditQuery,
  AuditVerification,
} from './audit.dto.ts';
import { verifyChain } from './verify-chain.ts';

@ApiTags('audit-log')
@Controller('api/v1/audit-log')
@RequireRole(...READS_AUDIT)
export class AuditController {
  constructor(
    private readonly audit: AuditLog,
    private readonly dataSource: DataSource,
  ) {}

  @Get()
  @AnswersPage(AuditEntryResponse)
  search(@ValidQuery(AuditQuery) query: AuditQuery) {
    return this.audit.search(query);
  }

  @Get('export')
  @ApiProduces('application/x-ndjson', 'text/csv')
  @ApiResponse({ status: 200, description: 'One entry per line', schema: { type: 'string' } })
  export(@ValidQuery(AuditExportQuery) query: AuditExportQuery): StreamableFile {
    return new StreamableFile(exportStream(this.audit.all(query), query.format), {
      type: EXPORT_TYPE[query.format],
      disposition: `attachment; filename="audit-log.${query.format}"`,
    });
  }

  @Get('verify')
  @Answers(AuditVerification)
  verify(): Promise<AuditVerification> {
    return verifyChain(this.dataSource);
  }

  @Get(':id')
  @Answers(AuditEntryResponse)
  get(@Id() id: string): Promise<AuditEntryResponse> {
    return this.audit.get(id);
  }
}
