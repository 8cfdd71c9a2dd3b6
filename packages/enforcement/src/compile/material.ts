import { ConfigError } from '../config-error.ts';

/** What compiling needs besides the configuration. */
export interface Material {
  /** Opens a sealed secret (`sealedSecretSchema`); throws when the key does not fit. */
  unseal(sealed: string): string;
}

/** Where in the configuration something stands. */
export interface Place {
  /** Key of the resource, `client.cl_acme`. */
  readonly resource: string;
  readonly path: string;
}

export function unsealAt(sealed: string, material: Material, place: Place): string {
  try {
    return material.unseal(sealed);
  } catch (cause) {
    const problem = { path: place.path, message: 'cannot be unsealed with the key of this node' };
    throw new ConfigError(place.resource, [problem], { cause });
  }
}

export function refuseAt(place: Place, message: string): never {
  throw new ConfigError(place.resource, [{ path: place.path, message }]);
}
