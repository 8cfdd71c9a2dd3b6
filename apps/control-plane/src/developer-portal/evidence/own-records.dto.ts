import { ApiProperty, OmitType } from '@nestjs/swagger';
import {
  RequestLogDetailResponse,
  RequestLogResponse,
} from '../../request-logs/request-log.dto.ts';
import { WITHHELD } from './own-records.ts';

/** The operator's record less what is withheld, so that a field added there is told here too. */
export class OwnRecordDto extends OmitType(RequestLogResponse, WITHHELD) {}

export class OwnRecordDetailDto extends OmitType(RequestLogDetailResponse, WITHHELD) {}

export class OwnRecordPageDto {
  @ApiProperty({ type: [OwnRecordDto] })
  data!: readonly OwnRecordDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
