import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CollectionEntity } from '../collections/collection.entity.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { endRevokedSessions } from '../portal-access/end-revoked-sessions.ts';
import { ProfilesService } from '../profiles/profiles.service.ts';
import { refuseMissing } from '../references/references.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing, isSame } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { ClientCollectionEntity } from './client-collection.entity.ts';
import { ClientEmailEntity } from './client-email.entity.ts';
import { ClientFields, type CreateClient } from './client.dto.ts';
import { ClientEntity } from './client.entity.ts';
import { readClient, toClientFields, withLists, type ClientRecord } from './read-client.ts';
import { recordClient } from './record-client.ts';

@Injectable()
export class ClientsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly profiles: ProfilesService,
  ) {}

  async list(page: PageQuery): Promise<Page<ClientRecord>> {
    const query = this.dataSource.manager.createQueryBuilder(ClientEntity, 'c');
    const emailHolds = `(select string_agg(e.email, ' ') from client_emails e where e.client_id = c.id)`;
    whereAnyHolds(query, ['c.id', 'c.name', 'c.description', 'c.email', emailHolds], page.q);
    const { rows, next_cursor } = await readPage(query, page);
    return { rows: await withLists(this.dataSource, rows), next_cursor };
  }

  get(id: string, reads: Reads = this.dataSource): Promise<ClientRecord> {
    return readClient(reads, id);
  }

  /** With its `default` token profile, so that a new partner can call at once. */
  async create(tx: WriteTx, body: CreateClient): Promise<ClientRecord> {
    const record = await this.createBare(tx, body);
    await this.profiles.createDefault(tx, record.client);
    return record;
  }

  /** Without any profile: for documents that list the profiles themselves. */
  async createBare(tx: WriteTx, { id, ...fields }: CreateClient): Promise<ClientRecord> {
    await refuseTaken(tx, ClientEntity, id);
    await checkReferences(tx, fields);
    const { authorized_emails, collections, ...columns } = fields;
    const client = tx.manager.create(ClientEntity, {
      id: newId('client', fields.name, id),
      ...columns,
      ...firstVersion(tx),
    });
    await tx.manager.insert(ClientEntity, client as never);
    await writeLists(tx, client.id, { authorized_emails, collections });
    const record = { client, authorized_emails, collections };
    recordClient(tx, 'create', [null, record]);
    return record;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<ClientRecord> {
    const before = await readClient(tx, id);
    checkIfMatch(ifMatch, before.client);
    return this.replace(tx, before, mergePatch(toClientFields(before), patch));
  }

  async replace(tx: WriteTx, before: ClientRecord, document: unknown): Promise<ClientRecord> {
    const fields = validated(ClientFields, document, 'body');
    const { authorized_emails, collections, ...columns } = fields;
    const { id } = before.client;
    const client = amended(tx, ClientEntity, before.client, columns);
    const areListsSame =
      isSame(before.authorized_emails, authorized_emails) &&
      isSame(before.collections, collections);
    if (areListsSame && changesNothing(tx, [before.client, client])) return before;
    await checkReferences(tx, fields);
    await tx.manager.update(ClientEntity, { id }, client as never);
    await writeLists(tx, id, { authorized_emails, collections });
    await endRevokedSessions(tx, id);
    const record = { client, authorized_emails, collections };
    recordClient(tx, 'update', [before, record]);
    return record;
  }

  /** Profiles, credentials, links and sessions go with it; what it called stays in the logs. */
  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const before = await readClient(tx, id);
    checkIfMatch(ifMatch, before.client);
    await this.profiles.removeAllOf(tx, id);
    await tx.manager.delete(ClientEntity, { id });
    recordClient(tx, 'delete', [before, null]);
  }
}

async function checkReferences(tx: WriteTx, fields: Omit<ClientFields, 'id'>): Promise<void> {
  await refuseMissing(tx, PolicyEntity, [{ path: 'body.policy_id', id: fields.policy_id }]);
  const assigned = fields.collections.map((id, at) => ({ path: `body.collections.${at}`, id }));
  await refuseMissing(tx, CollectionEntity, assigned);
}

async function writeLists(
  { manager }: WriteTx,
  client_id: string,
  { authorized_emails, collections }: Pick<ClientFields, 'authorized_emails' | 'collections'>,
): Promise<void> {
  await manager.delete(ClientEmailEntity, { client_id });
  await manager.delete(ClientCollectionEntity, { client_id });
  const emails = authorized_emails.map((email, position) => ({ client_id, email, position }));
  await manager.insert(ClientEmailEntity, emails);
  const assigned = collections.map((collection_id, position) => ({
    client_id,
    collection_id,
    position,
  }));
  await manager.insert(ClientCollectionEntity, assigned);
}
