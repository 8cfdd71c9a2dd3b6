import { SetMetadata } from '@nestjs/common';

export const ROLES = ['viewer', 'editor', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who may do what. `admin` may do everything and is never listed. */
export const READS_CONFIG = ['viewer', 'editor'] as const;
export const WRITES_CONFIG = ['editor'] as const;
export const READS_LOGS = ['viewer', 'editor', 'auditor'] as const;
export const READS_AUDIT = ['auditor'] as const;
export const ADMIN_ONLY = [] as const;

export type AccessRule =
  { readonly kind: 'public' } | { readonly kind: 'roles'; roles: readonly Role[] };
export const ACCESS_RULE = Symbol('access rule');

/** Stands beside every admin route; a route without it (or `Public`) is refused to everybody. */
export const RequireRole = (...roles: readonly Role[]) =>
  SetMetadata(ACCESS_RULE, { kind: 'roles', roles } satisfies AccessRule);

/** No admin identity is asked for here: the route guards itself, or is for everybody. */
export const Public = () => SetMetadata(ACCESS_RULE, { kind: 'public' } satisfies AccessRule);
