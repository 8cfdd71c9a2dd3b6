import { ApiProperty } from '@nestjs/swagger';

/** What every resource answers with besides its own fields. */
export class ResourceResponse {
  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;

  @ApiProperty({ description: 'One more with every change; the ETag is this in quotes' })
  version!: number;
}
