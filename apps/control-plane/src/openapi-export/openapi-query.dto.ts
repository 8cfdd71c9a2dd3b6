import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { OPENAPI_VERSIONS, type OpenApiVersion } from './exportable.ts';
import { OPENAPI_FORMATS, type OpenApiFormat } from './rendition.ts';

export class OpenApiQuery {
  @ApiPropertyOptional({ enum: OPENAPI_VERSIONS, default: '3.1' })
  @IsIn(OPENAPI_VERSIONS)
  version: OpenApiVersion = '3.1';

  @ApiPropertyOptional({ enum: OPENAPI_FORMATS, default: 'json' })
  @IsIn(OPENAPI_FORMATS)
  format: OpenApiFormat = 'json';
}
