export type * from './ports.ts';
export type { FeedLogger } from './transport.ts';
export type { FeedOptions } from './feeds.ts';
export {
  deriveGatewayKeys,
  deriveKeyring,
  formatPublicKey,
  loadMasterKey,
  parseGatewayKey,
  parsePublicKey,
  type GatewayKeys,
  type Keyring,
  type SealingKey,
  type SigningKeyPair,
} from './keys/keyring.ts';
export { seal, unseal, unsealOrStandIn, UnknownSealingKeyError } from './keys/sealing.ts';
export { signMessage, verifyMessage } from './keys/signing.ts';
export { ConfigDigest } from './config/config-digest.ts';
export { RevisionAssembler, type Assembly } from './config/revision-assembler.ts';
export { createInProcessFeeds, type InProcessOptions } from './in-process/in-process-feeds.ts';
export {
  BATCH_BYTES_MAX,
  decodeBatch,
  decodeUsageDelta,
  encodeBatch,
  encodeUsageDelta,
  UnreadableBatchError,
} from './records/batch-codec.ts';
export { connectNats, type NatsOptions } from './nats/nats-feeds.ts';
