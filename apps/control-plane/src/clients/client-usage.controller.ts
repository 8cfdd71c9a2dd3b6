import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { READS_CONFIG, RequireRole } from '../access/roles.ts';
import { Answers } from '../http/api-docs.ts';
import { ClientUsage } from '../usage/client-usage.service.ts';
import { toUsageDto, UsageDto } from '../usage/usage.dto.ts';
import { Id } from '../validation/pipes.ts';

export class ClientUsageResponse extends UsageDto {
  @ApiProperty()
  client_id!: string;

  @ApiProperty({ format: 'date-time', description: 'When gateways and ledger were asked' })
  as_of!: string;
}

@ApiTags('clients')
@Controller('api/v1/clients/:id/usage')
export class ClientUsageController {
  constructor(private readonly usage: ClientUsage) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @Answers(ClientUsageResponse)
  async get(@Id() id: string): Promise<ClientUsageResponse> {
    const now = Date.now();
    const report = toUsageDto(await this.usage.of(id, now));
    return { client_id: id, as_of: new Date(now).toISOString(), ...report };
  }
}
