import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../../http/api-error.ts';
import { ProfileEntity } from '../../profiles/profile.entity.ts';

/** A client's own active profiles; nothing else has an id here. */
@Injectable()
export class PortalProfiles {
  constructor(private readonly dataSource: DataSource) {}

  list(clientId: string): Promise<ProfileEntity[]> {
    return this.dataSource.getRepository(ProfileEntity).find({
      where: { client_id: clientId, active: true },
      order: { created_at: 'ASC', id: 'ASC' },
    });
  }

  async one(clientId: string, profileId: string): Promise<ProfileEntity> {
    const profile = await this.dataSource
      .getRepository(ProfileEntity)
      .findOneBy({ id: profileId, client_id: clientId, active: true });
    if (profile === null) throw notFound();
    return profile;
  }
}
