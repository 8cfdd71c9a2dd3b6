import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AdminUsersModule } from './admin-users/admin-users.module.ts';
import { ApiDocumentModule } from './api-document/api-document.module.ts';
import { ApiKeysModule } from './api-keys/api-keys.module.ts';
import { AuditModule } from './audit/audit.module.ts';
import { ClientsModule } from './clients/clients.module.ts';
import { CollectionsModule } from './collections/collections.module.ts';
import { EndpointsModule } from './endpoints/endpoints.module.ts';
import { ProfilesModule } from './profiles/profiles.module.ts';
import { UpstreamCredentialsModule } from './upstream-credentials/upstream-credentials.module.ts';
import { DeclarativeModule } from './declarative/declarative.module.ts';
import { OpenApiExportModule } from './openapi-export/openapi-export.module.ts';
import { OpenApiImportModule } from './openapi-import/openapi-import.module.ts';
import { RequestLogsModule } from './request-logs/request-logs.module.ts';
import { VaultModule } from './vault/vault.module.ts';
import { AdminGuard } from './access/admin.guard.ts';
import { Foundation } from './foundation.ts';
import { DeveloperPortalModule } from './developer-portal/developer-portal.module.ts';
import { ErrorFilter } from './http/error-filter.ts';
import { PoliciesModule } from './policies/policies.module.ts';
import { ProcessModule } from './process/process.module.ts';
import { WritesModule } from './writes/writes.module.ts';
import { PublishingModule } from './publishing/publishing.module.ts';
import { RevisionHeaders } from './publishing/revision-headers.ts';
import { AlertsModule } from './alerts/alerts.module.ts';
import { WebhooksModule } from './webhooks/webhooks.module.ts';
import { CONFIG, FEEDS, LOGGER, METRICS } from './tokens.ts';

@Module({})
class FoundationModule {
  static over(foundation: Foundation): DynamicModule {
    const providers: Provider[] = [
      { provide: Foundation, useValue: foundation },
      { provide: CONFIG, useValue: foundation.config },
      { provide: FEEDS, useValue: foundation.feeds },
      { provide: LOGGER, useValue: foundation.logger },
      { provide: METRICS, useValue: foundation.metrics },
      { provide: DataSource, useValue: foundation.dataSource },
    ];
    return { module: FoundationModule, global: true, providers, exports: providers };
  }
}

/** Every feature, one line each. */
const FEATURES = [
  WritesModule,
  ProcessModule,
  VaultModule,
  PoliciesModule,
  UpstreamCredentialsModule,
  CollectionsModule,
  EndpointsModule,
  ProfilesModule,
  ClientsModule,
  PublishingModule,
  AuditModule,
  ApiKeysModule,
  AdminUsersModule,
  RequestLogsModule,
  DeclarativeModule,
  OpenApiImportModule,
  OpenApiExportModule,
  ApiDocumentModule,
  WebhooksModule,
  AlertsModule,
  DeveloperPortalModule,
];

@Module({})
export class AppModule {
  static over(foundation: Foundation): DynamicModule {
    return {
      module: AppModule,
      imports: [FoundationModule.over(foundation), ...FEATURES],
      providers: [
        { provide: APP_FILTER, useClass: ErrorFilter },
        { provide: APP_GUARD, useClass: AdminGuard },
        { provide: APP_INTERCEPTOR, useClass: RevisionHeaders },
      ],
    };
  }
}
