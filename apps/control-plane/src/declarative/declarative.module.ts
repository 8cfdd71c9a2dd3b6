import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module.ts';
import { CollectionsModule } from '../collections/collections.module.ts';
import { EndpointsModule } from '../endpoints/endpoints.module.ts';
import { PoliciesModule } from '../policies/policies.module.ts';
import { ProfilesModule } from '../profiles/profiles.module.ts';
import { UpstreamCredentialsModule } from '../upstream-credentials/upstream-credentials.module.ts';
import { ApplyDocument } from './apply-document.ts';
import { DeclarativeController } from './declarative.controller.ts';
import { DocumentKinds, SharedDocumentKinds } from './document-kinds.ts';

@Module({
  imports: [
    PoliciesModule,
    UpstreamCredentialsModule,
    CollectionsModule,
    EndpointsModule,
    ClientsModule,
    ProfilesModule,
  ],
  controllers: [DeclarativeController],
  providers: [ApplyDocument, DocumentKinds, SharedDocumentKinds],
})
export class DeclarativeModule {}
