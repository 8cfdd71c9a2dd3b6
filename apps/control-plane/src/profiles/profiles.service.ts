import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientEntity } from '../clients/client.entity.ts';
import { invalid, notFound } from '../http/api-error.ts';
import type { PageQuery } from '../paging/page.dto.ts';
import { readPage, whereAnyHolds, type Page } from '../paging/read-page.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { refuseMissing } from '../references/references.ts';
import type { Change, Removal } from '../validation/change.ts';
import { mergePatch } from '../validation/merge-patch.ts';
import { validated } from '../validation/validate.ts';
import { amended, changesNothing } from '../writes/amend.ts';
import { newId } from '../writes/new-id.ts';
import { refuseTaken } from '../writes/refuse-taken.ts';
import { checkIfMatch, firstVersion, nextVersion } from '../writes/versions.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import { Credentials } from './credentials.ts';
import { refuseUnenforceableClient } from './enforceable-client.ts';
import { ProfileFields, type CreateProfile } from './profile.dto.ts';
import { ProfileEntity } from './profile.entity.ts';
import { toProfileFields, toProfileResponse, type ProfileRecord } from './profile.response.ts';
import { readAuth } from './read-auth.ts';

@Injectable()
export class ProfilesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly credentials: Credentials,
  ) {}

  async list(clientId: string, page: PageQuery): Promise<Page<ProfileRecord>> {
    const query = this.dataSource.manager
      .createQueryBuilder(ProfileEntity, 'p')
      .where('p.client_id = :clientId', { clientId });
    whereAnyHolds(query, ['p.id', 'p.name', 'p.environment'], page.q);
    const { rows, next_cursor } = await readPage(query, page);
    return { rows: await this.withCredentials(rows, this.dataSource), next_cursor };
  }

  async get(id: string, reads: Reads = this.dataSource): Promise<ProfileRecord> {
    const profile = await reads.manager.findOneBy(ProfileEntity, { id });
    if (profile === null) throw notFound(`There is no profile ${id}.`);
    return (await this.withCredentials([profile], reads))[0]!;
  }

  createDefault(tx: WriteTx, client: ClientEntity): Promise<ProfileRecord> {
    const fields = Object.assign(new ProfileFields(), { name: 'default' });
    return this.create(tx, client.id, fields, client.name);
  }

  /** `slug` is what a generated id is made from, where the profile's own name says too little. */
  async create(
    tx: WriteTx,
    clientId: string,
    { id, ...fields }: CreateProfile,
    slug = fields.name,
  ): Promise<ProfileRecord> {
    await refuseTaken(tx, ProfileEntity, id);
    const profile = tx.manager.create(ProfileEntity, {
      id: newId('profile', slug, id),
      client_id: clientId,
      ...(await checked(tx, fields, null)),
      ...firstVersion(tx),
    });
    await tx.manager.insert(ProfileEntity, profile as never);
    return this.settle(tx, 'create', [null, profile]);
  }

  async patch(tx: WriteTx, { id, patch, ifMatch }: Change): Promise<ProfileRecord> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before.profile);
    const document = toProfileFields(before);
    const type = patch['auth_type'];
    // Another type shares no field with the old one: its `auth` starts from nothing.
    const isOtherType = type !== undefined && type !== document.auth_type;
    return this.replace(
      tx,
      before,
      mergePatch(isOtherType ? { ...document, auth: {} } : document, patch),
    );
  }

  async replace(tx: WriteTx, before: ProfileRecord, document: unknown): Promise<ProfileRecord> {
    const fields = validated(ProfileFields, document, 'body');
    const columns = await checked(tx, fields, before.profile);
    const profile = amended(tx, ProfileEntity, before.profile, columns);
    if (changesNothing(tx, [before.profile, profile])) return before;
    await tx.manager.update(ProfileEntity, { id: profile.id }, profile as never);
    return this.settle(tx, 'update', [before, profile]);
  }

  async rotate(tx: WriteTx, id: string, graceSeconds: number): Promise<ProfileRecord> {
    const before = await this.get(id, tx);
    await this.credentials.rotate(tx, before.profile, graceSeconds);
    const version = nextVersion(tx, before.profile);
    await tx.manager.update(ProfileEntity, { id }, version);
    const after = await this.get(id, tx);
    record(tx, 'rotate', [before, after]);
    return after;
  }

  async remove(tx: WriteTx, { id, ifMatch }: Removal): Promise<void> {
    const before = await this.get(id, tx);
    checkIfMatch(ifMatch, before.profile);
    await tx.manager.delete(ProfileEntity, { id });
    record(tx, 'delete', [before, null]);
  }

  async removeAllOf(tx: WriteTx, clientId: string): Promise<void> {
    const profiles = await tx.manager.findBy(ProfileEntity, { client_id: clientId });
    for (const before of await this.withCredentials(profiles, tx)) {
      await tx.manager.delete(ProfileEntity, { id: before.profile.id });
      record(tx, 'delete', [before, null]);
    }
  }

  private async settle(
    tx: WriteTx,
    verb: 'create' | 'update',
    [before, profile]: readonly [ProfileRecord | null, ProfileEntity],
  ): Promise<ProfileRecord> {
    await this.credentials.align(tx, profile);
    await refuseUnenforceableClient(tx, profile);
    const [after] = await this.withCredentials([profile], tx);
    record(tx, verb, [before, after!]);
    return after!;
  }

  private async withCredentials(
    profiles: readonly ProfileEntity[],
    reads: Reads,
  ): Promise<ProfileRecord[]> {
    if (profiles.length === 0) return [];
    const ids = profiles.map(({ id }) => id);
    const byProfile = Map.groupBy(await this.credentials.of(reads, ids), (row) => row.profile_id);
    return profiles.map((profile) => ({
      profile,
      credentials: byProfile.get(profile.id) ?? [],
    }));
  }
}

/** The columns of valid fields; throws 422 for what only shows by type or in other tables. */
async function checked(tx: WriteTx, fields: ProfileFields, before: ProfileEntity | null) {
  await refuseMissing(tx, PolicyEntity, [{ path: 'body.policy_id', id: fields.policy_id }]);
  const known = before?.auth_type === fields.auth_type ? before.auth : null;
  const read = readAuth(fields.auth_type, fields.auth, known);
  if (!read.ok) throw invalid(...read.problems);
  return { ...fields, auth: read.auth };
}

function record(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete' | 'rotate',
  [before, after]: readonly [ProfileRecord | null, ProfileRecord | null],
): void {
  const { id, client_id } = (after ?? before)!.profile;
  tx.changed(`client.${client_id}`);
  tx.audit({
    action: `profile.${verb}`,
    resource_type: 'profile',
    resource_id: id,
    before: before && toProfileResponse(before),
    after: after && toProfileResponse(after),
  });
}
