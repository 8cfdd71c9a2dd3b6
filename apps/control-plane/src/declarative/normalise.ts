import { ClientFields } from '../clients/client.dto.ts';
import { CollectionFields } from '../collections/collection.dto.ts';
import { EndpointFields } from '../endpoints/endpoint.dto.ts';
import { invalid } from '../http/api-error.ts';
import { PolicyFields } from '../policies/policy.dto.ts';
import { ProfileFields } from '../profiles/profile.dto.ts';
import { readAuth } from '../profiles/read-auth.ts';
import { UpstreamCredentialFields } from '../upstream-credentials/upstream-credential.dto.ts';
import { validated, type Dto } from '../validation/validate.ts';

const FIELDS: Readonly<Record<string, Dto<object>>> = {
  policy: PolicyFields,
  upstream_credential: UpstreamCredentialFields,
  collection: CollectionFields,
  endpoint: EndpointFields,
  client: ClientFields,
  profile: ProfileFields,
};

/** A resource as it would be stored, defaults filled in: what can be compared with what is stored. */
export function normalised(kind: string, document: object): object {
  const dto = FIELDS[kind];
  if (dto === undefined) throw new Error(`comparing a resource of the unknown kind ${kind}`);
  const fields = { ...validated(dto, document, 'body') };
  if (!('auth_type' in fields)) return fields;
  const { auth_type, auth } = fields as ProfileFields;
  // Expiry is judged when it is written; here it is only compared.
  const read = readAuth(auth_type, auth, auth as never);
  if (!read.ok) throw invalid(...read.problems);
  return { ...fields, auth: read.auth };
}
