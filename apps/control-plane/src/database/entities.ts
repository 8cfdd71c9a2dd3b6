import { AdminUserEntity } from '../admin-users/admin-user.entity.ts';
import { AlertMailEntity } from '../alerts/alert-mail.entity.ts';
import { AlertEntity } from '../alerts/alert.entity.ts';
import { ApiKeyEntity } from '../api-keys/api-key.entity.ts';
import { AuditEntryEntity } from '../audit/audit-entry.entity.ts';
import { ClientCollectionEntity } from '../clients/client-collection.entity.ts';
import { ClientEmailEntity } from '../clients/client-email.entity.ts';
import { ClientEntity } from '../clients/client.entity.ts';
import { CollectionEntity } from '../collections/collection.entity.ts';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { PortalLinkTokenEntity } from '../portal-access/portal-link-token.entity.ts';
import { PortalSessionEntity } from '../portal-access/portal-session.entity.ts';
import { ProfileCredentialEntity } from '../profiles/profile-credential.entity.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import { WebhookDeliveryEntity } from '../webhooks/deliveries/delivery.entity.ts';
import { WebhookEntity } from '../webhooks/webhook.entity.ts';
import { ConfigChangeEntity, ConfigRevisionEntity } from '../writes/config-revision.entity.ts';

/** Every table, once. A test proves that these and the migrations agree. */
export const ENTITIES = [
  PolicyEntity,
  UpstreamCredentialEntity,
  CollectionEntity,
  EndpointEntity,
  ClientEntity,
  ClientEmailEntity,
  ClientCollectionEntity,
  ProfileEntity,
  ProfileCredentialEntity,
  ApiKeyEntity,
  AdminUserEntity,
  AuditEntryEntity,
  ConfigRevisionEntity,
  ConfigChangeEntity,
  PortalLinkTokenEntity,
  PortalSessionEntity,
  WebhookEntity,
  WebhookDeliveryEntity,
  AlertEntity,
  AlertMailEntity,
];
