import { randomInt } from 'node:crypto';
import { ID_PREFIX, type ResourceKind } from '@portico/contracts';

const SUFFIX_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const SUFFIX_CHARS = 6;

/** The caller's own id, or prefix + slug of the name + random suffix: `cl_acme_7x2k9q`. */
export function newId(kind: ResourceKind, name: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40)
    .replace(/_+$/, '');
  return `${ID_PREFIX[kind]}${slug}${slug === '' ? '' : '_'}${randomSuffix()}`;
}

const randomSuffix = (): string =>
  Array.from({ length: SUFFIX_CHARS }, () => SUFFIX_ALPHABET[randomInt(36)]).join('');
