import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type {
  FailureDetail,
  LogExportQuery,
  LogPage,
  LogSearchQuery,
  MetricsQuery,
  MetricsSummary,
  RequestLogDetail,
  UsageDay,
  UsageQuery,
  UsageTotal,
  UsageTotalsQuery,
} from '@portico/contracts';
import { Agent, type Dispatcher } from 'undici';
import type { ControlPlaneConfig } from '../config.ts';
import { ApiError } from '../http/api-error.ts';
import { CONFIG } from '../tokens.ts';

type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * Reads the log store through log-ingest, its only owner. Trusts its caller to have decided whose
 * records may be read: a `client_id` left out means everybody's.
 */
@Injectable()
export class LogIngestClient implements OnApplicationShutdown {
  private readonly agent = new Agent({ connect: { timeout: 2_000 }, keepAliveTimeout: 10_000 });

  constructor(@Inject(CONFIG) private readonly config: ControlPlaneConfig) {}

  onApplicationShutdown(): Promise<void> {
    return this.agent.destroy();
  }

  search(query: Partial<LogSearchQuery>): Promise<LogPage> {
    return this.read<LogPage>('/internal/v1/request-logs', query);
  }

  /** With `clientId`, another client's record does not exist. */
  get(requestId: string, clientId?: string): Promise<RequestLogDetail> {
    const path = `/internal/v1/request-logs/${encodeURIComponent(requestId)}`;
    return this.read<RequestLogDetail>(path, { client_id: clientId });
  }

  metrics(query: MetricsQuery): Promise<MetricsSummary> {
    return this.read<MetricsSummary>('/internal/v1/metrics/summary', query);
  }

  async usage(query: UsageQuery): Promise<readonly UsageDay[]> {
    return (await this.read<{ data: UsageDay[] }>('/internal/v1/usage', { ...query })).data;
  }

  async usageTotals(query: UsageTotalsQuery): Promise<readonly UsageTotal[]> {
    const path = '/internal/v1/usage/totals';
    return (await this.read<{ data: UsageTotal[] }>(path, { ...query })).data;
  }

  /** Streams; whoever takes it must read it to its end or destroy it. */
  async export(query: LogExportQuery): Promise<Dispatcher.ResponseData['body']> {
    const path = `/internal/v1/request-logs/export${toText(query)}`;
    return (await this.send('GET', path, { timeoutMs: 0 })).body;
  }

  async eraseClient(clientId: string): Promise<void> {
    const path = `/internal/v1/clients/${encodeURIComponent(clientId)}/records`;
    const response = await this.send('DELETE', path, { timeoutMs: 0 });
    await response.body.dump();
  }

  private async read<T>(path: string, query: Query): Promise<T> {
    const timeoutMs = this.config.logIngestTimeoutMs;
    const response = await this.send('GET', `${path}${toText(query)}`, { timeoutMs });
    try {
      return (await response.body.json()) as T;
    } catch (cause) {
      throw new ApiError('log_store_unavailable', { cause });
    }
  }

  private async send(
    method: 'GET' | 'DELETE',
    path: string,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<Dispatcher.ResponseData> {
    const url = new URL(this.config.logIngestUrl);
    let response: Dispatcher.ResponseData;
    try {
      response = await this.agent.request({
        origin: url.origin,
        path: `${url.pathname.replace(/\/+$/, '')}${path}`,
        method,
        headers: { authorization: `Bearer ${this.config.keyring.logIngestToken}` },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
    } catch (cause) {
      throw new ApiError('log_store_unavailable', { cause });
    }
    if (response.statusCode < 300) return response;
    throw await toApiError(response);
  }
}

function toText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === '' ? '' : `?${text}`;
}

interface Refusal {
  readonly error?: string;
  readonly message?: string;
  readonly details?: readonly FailureDetail[];
}

/** What the caller can mend is passed on; anything else is the store being unwell. */
async function toApiError(response: Dispatcher.ResponseData): Promise<ApiError> {
  const body = (await response.body.json().catch(() => ({}))) as Refusal;
  const { details, message } = body;
  if (body.error === 'not_found') return new ApiError('not_found');
  if (body.error === 'validation_failed') {
    return new ApiError('validation_failed', details === undefined ? {} : { details });
  }
  const cause = new Error(`log-ingest answered ${response.statusCode}`);
  const isOurs = body.error === 'log_store_unavailable' && message !== undefined;
  return new ApiError('log_store_unavailable', isOurs ? { message, cause } : { cause });
}
