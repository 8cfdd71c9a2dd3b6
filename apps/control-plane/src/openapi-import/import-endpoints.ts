import { Injectable } from '@nestjs/common';
import { EndpointsService } from '../endpoints/endpoints.service.ts';
import { CreateEndpoint } from '../endpoints/endpoint.dto.ts';
import { ApiError } from '../http/api-error.ts';
import { validated } from '../validation/validate.ts';
import type { WriteTx } from '../writes/writes.ts';
import { readOpenApi } from './read-openapi.ts';

export interface ImportReport {
  readonly created: {
    readonly id: string;
    readonly method: string;
    readonly path: string;
    readonly notes: readonly string[];
  }[];
  readonly skipped: { readonly operation: string; readonly reason: string }[];
}

/** Draft endpoints from an OpenAPI document; nothing becomes public by importing. */
@Injectable()
export class ImportEndpoints {
  constructor(private readonly endpoints: EndpointsService) {}

  async import(tx: WriteTx, collectionId: string, document: unknown): Promise<ImportReport> {
    const { operations, skipped } = readOpenApi(document);
    const report: ImportReport = { created: [], skipped: [...skipped] };
    for (const { method, path, fields, notes } of operations) {
      // A refused insert is undone alone: the transaction goes on with the next operation.
      await tx.manager.query('savepoint operation');
      try {
        const body = validated(CreateEndpoint, fields, 'body');
        const endpoint = await this.endpoints.create(tx, collectionId, body);
        report.created.push({ id: endpoint.id, method, path, notes });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status >= 500) throw error;
        await tx.manager.query('rollback to savepoint operation');
        report.skipped.push({ operation: `${method} ${path}`, reason: reasonOf(error) });
      }
    }
    return report;
  }
}

const reasonOf = ({ message, details = [] }: ApiError): string =>
  details.length === 0
    ? message
    : details
        .slice(0, 3)
        .map((detail) => `${detail.path.replace(/^body\./, '')} ${detail.message}`)
        .join('; ');
