import type { Material } from '@portico/enforcement';
import { unsealOrStandIn } from '@portico/messaging';
import type { GatewayKeys } from '@portico/messaging';
import type { Logger, Metrics } from '@portico/telemetry';

/**
 * What a node compiles its configuration with. A secret it holds no key for costs what needs it and
 * nothing else: a node that refused the revision would answer no partner at all.
 */
export function nodeMaterial(
  keys: readonly GatewayKeys[],
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Material {
  const unreadable = metrics.counter({
    name: 'portico_gateway_unreadable_secrets_total',
    help: 'Secrets in applied revisions that are sealed under a key this node does not hold',
  });
  const told = new Set<string>();
  const onUnknownKey = (keyId: string): void => {
    unreadable.inc();
    // Once per key: every secret of an estate may be under it.
    if (told.has(keyId)) return;
    told.add(keyId);
    logger.error(
      { key_id: keyId, held: keys.map(({ sealing }) => sealing.id) },
      'Secrets of the configuration are sealed under a key this node does not hold',
    );
  };
  return {
    unseal: unsealOrStandIn(
      keys.map(({ sealing }) => sealing),
      onUnknownKey,
    ),
  };
}
