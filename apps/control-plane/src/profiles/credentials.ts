import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { mintToken, tokenDigest } from '@portico/enforcement';
import { In, IsNull, LessThanOrEqual } from 'typeorm';
import { conflict } from '../http/api-error.ts';
import { Vault } from '../vault/vault.ts';
import type { Reads, WriteTx } from '../writes/writes.ts';
import type { JwtAuth } from './profile-auth.ts';
import { ProfileCredentialEntity } from './profile-credential.entity.ts';
import type { ProfileEntity } from './profile.entity.ts';

/** What a snapshot may carry per profile: the current one and three in grace. */
const CREDENTIALS_MAX = 4;
const HMAC_SECRET_BYTES = 48;

/** The secrets we make for profiles: tokens, and HMAC secrets of jwt profiles with HS algorithms. */
@Injectable()
export class Credentials {
  constructor(private readonly vault: Vault) {}

  of({ manager }: Reads, profileIds: readonly string[]): Promise<ProfileCredentialEntity[]> {
    return manager.find(ProfileCredentialEntity, {
      where: { profile_id: In([...profileIds]) },
      order: { created_at: 'ASC', id: 'ASC' },
    });
  }

  /** The current secret in the clear; undefined where the profile's type has none of ours. */
  async reveal(reads: Reads, profileId: string): Promise<string | undefined> {
    const current = await reads.manager.findOneBy(ProfileCredentialEntity, {
      profile_id: profileId,
      valid_until: IsNull(),
    });
    if (current === null) return undefined;
    return current.kind === 'token'
      ? this.vault.openToken(current.sealed)
      : this.vault.openForGateways(current.sealed);
  }

  /** Makes what the profile's type needs and drops what it does not. */
  async align(tx: WriteTx, profile: ProfileEntity): Promise<void> {
    const kind = neededKind(profile);
    const existing = await this.of(tx, [profile.id]);
    const obsolete = existing.filter((credential) => credential.kind !== kind);
    if (obsolete.length > 0) {
      const ids = obsolete.map(({ id }) => id);
      await tx.manager.delete(ProfileCredentialEntity, { id: In(ids) });
    }
    if (kind !== null && obsolete.length === existing.length) await this.mint(tx, profile.id, kind);
  }

  /** A new current credential; what worked so far works until `graceSeconds` from now. */
  async rotate(tx: WriteTx, profile: ProfileEntity, graceSeconds: number): Promise<void> {
    const kind = neededKind(profile);
    if (kind === null) {
      throw conflict(`A profile of type ${profile.auth_type} has no credential of ours to rotate.`);
    }
    const until = new Date(tx.now.getTime() + graceSeconds * 1000);
    const profile_id = profile.id;
    await tx.manager.query(
      `update profile_credentials set valid_until = least(coalesce(valid_until, $2), $2)
       where profile_id = $1`,
      [profile_id, until],
    );
    const expired = { profile_id, valid_until: LessThanOrEqual(tx.now) };
    await tx.manager.delete(ProfileCredentialEntity, expired);
    const inGrace = await tx.manager.countBy(ProfileCredentialEntity, { profile_id });
    if (inGrace >= CREDENTIALS_MAX) {
      throw conflict(
        `${inGrace} earlier credentials still work. Wait for a grace period to end, or rotate with ` +
          'grace_period_seconds 0 to end them all.',
      );
    }
    await this.mint(tx, profile_id, kind);
  }

  private async mint(tx: WriteTx, profile_id: string, kind: 'token' | 'hmac'): Promise<void> {
    const secret =
      kind === 'token'
        ? mintToken(randomBytes)
        : randomBytes(HMAC_SECRET_BYTES).toString('base64url');
    const sealed =
      kind === 'token' ? this.vault.sealToken(secret) : this.vault.sealForGateways(secret);
    await tx.manager.insert(ProfileCredentialEntity, {
      id: randomUUID(),
      profile_id,
      kind,
      ...sealed,
      sha256: tokenDigest(secret),
      created_at: tx.now,
      valid_until: null,
    });
  }
}

function neededKind({ auth_type, auth }: ProfileEntity): 'token' | 'hmac' | null {
  if (auth_type === 'token') return 'token';
  if (auth_type !== 'jwt') return null;
  return (auth as JwtAuth).algorithms.some((name) => name.startsWith('HS')) ? 'hmac' : null;
}
