import { Module } from '@nestjs/common';
import type { ControlPlaneConfig } from '../config.ts';
import { MailModule } from '../mail/mail.module.ts';
import { ProfilesModule } from '../profiles/profiles.module.ts';
import { LogIngestModule } from '../request-logs/log-ingest.module.ts';
import { CONFIG } from '../tokens.ts';
import { ClientUsage } from '../usage/client-usage.service.ts';
import { CatalogueController } from './catalogue/catalogue.controller.ts';
import { PortalCatalogue } from './catalogue/portal-catalogue.service.ts';
import { EvidenceController } from './evidence/evidence.controller.ts';
import { OwnMetricsController } from './evidence/own-metrics.controller.ts';
import { PORTAL_SETTINGS, portalSettings } from './portal-settings.ts';
import { PortalCredentials } from './profiles/portal-credentials.service.ts';
import { PortalProfiles } from './profiles/portal-profiles.service.ts';
import { PortalProfilesController } from './profiles/profiles.controller.ts';
import { PortalGuard } from './session/portal.guard.ts';
import { PortalSessions } from './session/portal-sessions.service.ts';
import { SignInController } from './sign-in/sign-in.controller.ts';
import { SignInLinks } from './sign-in/sign-in-links.service.ts';
import { SignIn } from './sign-in/sign-in.service.ts';
import { TryController } from './try/try.controller.ts';
import { TryService } from './try/try.service.ts';

/** Everything a partner developer's browser talks to. */
@Module({
  imports: [MailModule, LogIngestModule, ProfilesModule],
  controllers: [
    SignInController,
    PortalProfilesController,
    CatalogueController,
    TryController,
    EvidenceController,
    OwnMetricsController,
  ],
  providers: [
    {
      provide: PORTAL_SETTINGS,
      inject: [CONFIG],
      useFactory: (config: ControlPlaneConfig) => portalSettings(config),
    },
    PortalSessions,
    PortalGuard,
    SignInLinks,
    SignIn,
    PortalProfiles,
    PortalCredentials,
    PortalCatalogue,
    TryService,
    ClientUsage,
  ],
})
export class DeveloperPortalModule {}
