import type { KeyObject } from 'node:crypto';
import { deriveKeyring, loadMasterKey, parseGatewayKey, parsePublicKey } from '@portico/messaging';
import type { GatewayKeys } from '@portico/messaging';
import { ConfigurationError } from '@portico/telemetry';

/** The variables that say which keys a node holds, as given. */
interface GivenKeys {
  readonly PORTICO_ENCRYPTION_KEY?: string | undefined;
  readonly PORTICO_ENCRYPTION_KEY_PREVIOUS?: string | undefined;
  readonly PORTICO_GATEWAY_KEY?: string | undefined;
  readonly PORTICO_GATEWAY_KEY_PREVIOUS?: string | undefined;
  readonly PORTICO_CONFIG_PUBLIC_KEY?: string | undefined;
  readonly PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS?: string | undefined;
  readonly LOG_INGEST_TOKEN?: string | undefined;
}

export interface NodeKeys {
  /** What is read may be under any of these; what is written is under the first. */
  readonly keys: readonly [GatewayKeys, ...GatewayKeys[]];
  /** One of these signs configuration messages; `null` = there is no wire to distrust. */
  readonly configPublicKeys: readonly KeyObject[] | null;
  readonly logIngestToken: string | undefined;
}

/** A hardened node is given its own two keys; any other derives them from the master secret. */
export function nodeKeys(given: GivenKeys, dataDir: string): NodeKeys {
  for (const variable of ['PORTICO_GATEWAY_KEY', 'PORTICO_CONFIG_PUBLIC_KEY'] as const) {
    if (given[variable] !== undefined || given[`${variable}_PREVIOUS`] === undefined) continue;
    throw new ConfigurationError([`${variable}_PREVIOUS: goes with ${variable}`]);
  }
  return given.PORTICO_GATEWAY_KEY === undefined
    ? derivedKeys(given, dataDir)
    : {
        keys: [parseGatewayKey(given.PORTICO_GATEWAY_KEY), ...previousGatewayKeys(given)],
        configPublicKeys: givenPublicKeys(given),
        logIngestToken: given.LOG_INGEST_TOKEN,
      };
}

function derivedKeys(given: GivenKeys, dataDir: string): NodeKeys {
  const secret = loadMasterKey({ secret: given.PORTICO_ENCRYPTION_KEY, dataDir });
  const current = deriveKeyring(secret);
  const before = given.PORTICO_ENCRYPTION_KEY_PREVIOUS;
  const previous = before === undefined ? [] : [deriveKeyring(before)];
  return {
    keys: [gatewayKeysOf(current), ...previous.map(gatewayKeysOf)],
    configPublicKeys:
      givenPublicKeys(given) ?? [current, ...previous].map(({ signing }) => signing.publicKey),
    logIngestToken: given.LOG_INGEST_TOKEN ?? current.logIngestToken,
  };
}

/** Not the whole keyring: a node has no use for what signs. */
const gatewayKeysOf = ({ sealing, portalSourceKey }: GatewayKeys): GatewayKeys => ({
  sealing,
  portalSourceKey,
});

function previousGatewayKeys({ PORTICO_GATEWAY_KEY_PREVIOUS: text }: GivenKeys): GatewayKeys[] {
  return text === undefined ? [] : [parseGatewayKey(text, 'PORTICO_GATEWAY_KEY_PREVIOUS')];
}

function givenPublicKeys(given: GivenKeys): readonly KeyObject[] | null {
  const { PORTICO_CONFIG_PUBLIC_KEY: text, PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS: before } = given;
  if (text === undefined) return null;
  const previous =
    before === undefined ? [] : [parsePublicKey(before, 'PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS')];
  return [parsePublicKey(text), ...previous];
}
