import { z } from 'zod';

/** Every resource id is `<prefix><slug>`; the prefix says what it names, so ids cannot be mixed up. */
export const ID_PREFIX = {
  client: 'cl_',
  profile: 'pr_',
  collection: 'coll_',
  endpoint: 'ep_',
  policy: 'pol_',
  upstreamCredential: 'uc_',
  adminUser: 'usr_',
  apiKey: 'key_',
  auditEntry: 'aud_',
  request: 'req_',
  webhook: 'wh_',
} as const;

export type ResourceKind = keyof typeof ID_PREFIX;

/** What a caller-chosen id must look like: the prefix, then 2 to 60 of `a-z 0-9 _`. */
export const idPattern = (kind: ResourceKind): RegExp =>
  new RegExp(`^${ID_PREFIX[kind]}[a-z0-9_]{2,60}$`);

const id = <K extends ResourceKind>(kind: K) => z.string().regex(idPattern(kind)).brand<K>();

export const clientIdSchema = id('client');
export const profileIdSchema = id('profile');
export const collectionIdSchema = id('collection');
export const endpointIdSchema = id('endpoint');
export const policyIdSchema = id('policy');
export const upstreamCredentialIdSchema = id('upstreamCredential');

export type ClientId = z.infer<typeof clientIdSchema>;
export type ProfileId = z.infer<typeof profileIdSchema>;
export type CollectionId = z.infer<typeof collectionIdSchema>;
export type EndpointId = z.infer<typeof endpointIdSchema>;
export type PolicyId = z.infer<typeof policyIdSchema>;
export type UpstreamCredentialId = z.infer<typeof upstreamCredentialIdSchema>;
