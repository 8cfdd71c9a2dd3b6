import { Injectable } from '@nestjs/common';
import { CreateClient } from '../clients/client.dto.ts';
import { ClientsService } from '../clients/clients.service.ts';
import { ClientEntity } from '../clients/client.entity.ts';
import { readClient, toClientFields } from '../clients/read-client.ts';
import { CreateCollection } from '../collections/collection.dto.ts';
import { CollectionEntity } from '../collections/collection.entity.ts';
import { toCollectionFields } from '../collections/collection.response.ts';
import { CollectionsService } from '../collections/collections.service.ts';
import { CreateEndpoint } from '../endpoints/endpoint.dto.ts';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { toEndpointFields } from '../endpoints/endpoint.response.ts';
import { EndpointsService } from '../endpoints/endpoints.service.ts';
import { invalid } from '../http/api-error.ts';
import { PoliciesService } from '../policies/policies.service.ts';
import { CreatePolicy } from '../policies/policy.dto.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { toPolicyFields } from '../policies/policy.response.ts';
import { CreateProfile } from '../profiles/profile.dto.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import { toProfileFields } from '../profiles/profile.response.ts';
import { ProfilesService } from '../profiles/profiles.service.ts';
import { CreateUpstreamCredential } from '../upstream-credentials/upstream-credential.dto.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';
import { UpstreamCredentialsService } from '../upstream-credentials/upstream-credentials.service.ts';
import { validated } from '../validation/validate.ts';
import type { WriteTx } from '../writes/writes.ts';

/** What applying needs of a kind of resource: the feature's own service does the work. */
export interface DocumentKind {
  readonly name: string;
  /** Ids there are, below `parent` where the kind has one. */
  ids(tx: WriteTx, parent: string | null): Promise<string[]>;
  /** The stored document of one; undefined where there is none. */
  read(tx: WriteTx, id: string, parent: string | null): Promise<object | undefined>;
  create(tx: WriteTx, document: object, parent: string | null): Promise<unknown>;
  replace(tx: WriteTx, id: string, document: object): Promise<unknown>;
  remove(tx: WriteTx, id: string): Promise<unknown>;
}

const removal = (id: string) => ({ id, force: false, ifMatch: undefined });

@Injectable()
export class DocumentKinds {
  constructor(
    private readonly collections: CollectionsService,
    private readonly endpoints: EndpointsService,
    private readonly clients: ClientsService,
    private readonly profiles: ProfilesService,
  ) {}

  readonly collection: DocumentKind = {
    name: 'collection',
    ids: (tx) => idsOf(tx, CollectionEntity),
    read: async (tx, id) => {
      const row = await tx.manager.findOneBy(CollectionEntity, { id });
      return row === null ? undefined : toCollectionFields(row);
    },
    create: (tx, document) =>
      this.collections.create(tx, validated(CreateCollection, document, 'body')),
    replace: async (tx, id, document) =>
      this.collections.replace(tx, await this.collections.get(id, tx), document),
    remove: (tx, id) => this.collections.remove(tx, removal(id)),
  };

  readonly endpoint: DocumentKind = {
    name: 'endpoint',
    ids: (tx, parent) => idsOf(tx, EndpointEntity, { collection_id: parent }),
    read: async (tx, id, parent) => {
      const row = await tx.manager.findOneBy(EndpointEntity, { id });
      if (row === null) return undefined;
      refuseOtherParent(row.collection_id, parent);
      return toEndpointFields(row);
    },
    create: (tx, document, parent) =>
      this.endpoints.create(tx, parent!, validated(CreateEndpoint, document, 'body')),
    replace: async (tx, id, document) =>
      this.endpoints.replace(tx, await this.endpoints.get(id, tx), document),
    remove: (tx, id) => this.endpoints.remove(tx, removal(id)),
  };

  readonly client: DocumentKind = {
    name: 'client',
    ids: (tx) => idsOf(tx, ClientEntity),
    read: async (tx, id) => {
      const exists = await tx.manager.existsBy(ClientEntity, { id });
      return exists ? toClientFields(await readClient(tx, id)) : undefined;
    },
    create: (tx, document) =>
      this.clients.createBare(tx, validated(CreateClient, document, 'body')),
    replace: async (tx, id, document) =>
      this.clients.replace(tx, await readClient(tx, id), document),
    remove: (tx, id) => this.clients.remove(tx, removal(id)),
  };

  readonly profile: DocumentKind = {
    name: 'profile',
    ids: (tx, parent) => idsOf(tx, ProfileEntity, { client_id: parent }),
    read: async (tx, id, parent) => {
      const profile = await tx.manager.findOneBy(ProfileEntity, { id });
      if (profile === null) return undefined;
      refuseOtherParent(profile.client_id, parent);
      return toProfileFields({ profile, credentials: [] });
    },
    create: (tx, document, parent) =>
      this.profiles.create(tx, parent!, validated(CreateProfile, document, 'body')),
    replace: async (tx, id, document) =>
      this.profiles.replace(tx, await this.profiles.get(id, tx), document),
    remove: (tx, id) => this.profiles.remove(tx, removal(id)),
  };
}

@Injectable()
export class SharedDocumentKinds {
  constructor(
    private readonly policies: PoliciesService,
    private readonly credentials: UpstreamCredentialsService,
  ) {}

  readonly policy: DocumentKind = {
    name: 'policy',
    ids: (tx) => idsOf(tx, PolicyEntity),
    read: async (tx, id) => {
      const row = await tx.manager.findOneBy(PolicyEntity, { id });
      return row === null ? undefined : toPolicyFields(row);
    },
    create: (tx, document) => this.policies.create(tx, validated(CreatePolicy, document, 'body')),
    replace: async (tx, id, document) =>
      this.policies.replace(tx, await this.policies.get(id, tx), document),
    remove: (tx, id) => this.policies.remove(tx, removal(id)),
  };

  readonly credential: DocumentKind = {
    name: 'upstream_credential',
    ids: (tx) => idsOf(tx, UpstreamCredentialEntity),
    read: async (tx, id) => {
      const row = await tx.manager.findOneBy(UpstreamCredentialEntity, { id });
      return row === null ? undefined : { name: row.name, type: row.type, ...row.settings };
    },
    create: (tx, document) =>
      this.credentials.create(tx, validated(CreateUpstreamCredential, document, 'body')),
    replace: async (tx, id, document) =>
      this.credentials.replace(tx, await this.credentials.get(id, tx), document),
    remove: (tx, id) => this.credentials.remove(tx, removal(id)),
  };
}

async function idsOf(
  { manager }: WriteTx,
  entity: new () => { id: string },
  where: object = {},
): Promise<string[]> {
  const rows = await manager.find(entity, { select: { id: true }, where } as never);
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Moving it would change who may use it without anybody saying so. */
function refuseOtherParent(actual: string, wanted: string | null): void {
  if (actual !== wanted) throw invalid({ path: 'body.id', message: `belongs to ${actual}` });
}
