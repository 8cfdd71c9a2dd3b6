import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CollectionEntity } from '../collections/collection.entity.ts';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { conflict, invalid, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { Vault } from '../vault/vault.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { inUse } from '../writes/in-use.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion, versionFields } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { readCredential, SECRET_FIELD } from './credential-fields.ts';
import {
  UpstreamCredentialFields,
  type CreateUpstreamCredential,
  type UpstreamCredentialResponse,
} from './upstream-credential.dto.ts';
import { UpstreamCredentialEntity } from './upstream-credential.entity.ts';

@Injectable()
export class UpstreamCredentialsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
  ) {}

  list(page: PageQuery): Promise<Page<UpstreamCredentialEntity>> {
    const query = this.dataSource.manager.createQueryBuilder(UpstreamCredentialEntity, 'uc');
    whereAnyHolds(query, ['uc.id', 'uc.name'], page.q);
    return readPage(query, page);
  }

  async get(id: string, { manager }: Reads = this.dataSource): Promise<UpstreamCredentialEntity> {
    const credential = await manager.findOneBy(UpstreamCredentialEntity, { id });
    if (credential === null) throw notFound(`There is no upstream credential ${id}.`);
    return credential;
  }

  async create(tx: WriteTx, { id, ...body }: CreateUpstreamCredential) {
    await refuseTaken(tx, UpstreamCredentialEntity, id);
    const credential = tx.manager.create(UpstreamCredentialEntity, {
      id: newId('upstreamCredential', body.name, id),
      ...this.stored(body, null),
      ...firstVersion(tx),
    });
    await tx.manager.insert(UpstreamCredentialEntity, credential as never);
    await record(tx, 'create', [null, credential]);
    return credential;
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<UpstreamCredentialEntity> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before);
    // Another type shares no field with the old one: start from nothing but the name.
    const isOtherType = patch['type'] !== undefined && patch['type'] !== before.type;
    const document = {
      name: before.name,
      type: before.type,
      ...(isOtherType ? {} : before.settings),
    };
    return this.replace(tx, before, mergePatch(document, patch));
  }

  async replace(tx: WriteTx, before: UpstreamCredentialEntity, document: unknown) {
    const body = validated(UpstreamCredentialFields, document, 'body');
    const credential = amended(tx, UpstreamCredentialEntity, before, this.stored(body, before));
    // A secret is sealed anew and so always a change: else a version would tell who guesses right.
    if (changesNothing(tx, [before, credential])) return before;
    await tx.manager.update(UpstreamCredentialEntity, { id: before.id }, credential as never);
    await record(tx, 'update', [before, credential]);
    return credential;
  }

  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const credential = await this.get(id, tx);
    checkIfMatch(ifMatch, credential);
    const users = [
      ...(await tx.manager.findBy(CollectionEntity, { credential_id: id })),
      ...(await tx.manager.findBy(EndpointEntity, { credential_id: id })),
    ];
    if (users.length > 0) throw conflict(...inUse('upstream credential', users));
    await tx.manager.delete(UpstreamCredentialEntity, { id });
    await record(tx, 'delete', [credential, null]);
  }

  /** What is stored, with secrets sealed; a secret that was left out stays as it is. */
  private stored(body: UpstreamCredentialFields, before: UpstreamCredentialEntity | null) {
    const { name, type, ...rest } = body;
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    );
    const { input, problems } = readCredential(type, given);
    const field = SECRET_FIELD[type];
    const kept = before?.type === type ? before.secrets[field] : undefined;
    const sealed =
      input.secret === undefined ? kept : this.vault.sealForGateways(input.secret).sealed;
    if (sealed === undefined) problems.push({ path: `body.${field}`, message: 'is required' });
    const isNewCertificate =
      type === 'mtls' && input.settings['certificate_pem'] !== before?.settings['certificate_pem'];
    if (isNewCertificate && before !== null && input.secret === undefined) {
      problems.push({ path: `body.${field}`, message: 'must come with a new certificate' });
    }
    if (problems.length > 0) throw invalid(...problems);
    return { name, type, settings: input.settings, secrets: { [field]: sealed! } };
  }
}

export const toCredentialResponse = (
  credential: UpstreamCredentialEntity,
): UpstreamCredentialResponse => ({
  id: credential.id,
  name: credential.name,
  type: credential.type,
  ...credential.settings,
  secrets_set: Object.keys(credential.secrets),
  ...versionFields(credential),
});

async function record(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [UpstreamCredentialEntity | null, UpstreamCredentialEntity | null],
): Promise<void> {
  const id = (after ?? before)!.id;
  for (const collection of await collectionsUsing(tx, id)) tx.changed(`collection.${collection}`);
  tx.audit({
    action: `upstream_credential.${verb}`,
    resource_type: 'upstream_credential',
    resource_id: id,
    before: before && toCredentialResponse(before),
    after: after && toCredentialResponse(after),
  });
}

/** Compiled collections carry the credentials they use. */
async function collectionsUsing({ manager }: Reads, id: string): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    `select id from collections where credential_id = $1
     union select collection_id from endpoints where credential_id = $1`,
    [id],
  );
  return rows.map((row) => row.id);
}
