// Publishes an estate of N clients into NATS exactly as the control plane would: signed, digested.
import { randomBytes } from 'node:crypto';
import { connectNats, ConfigDigest, deriveKeyring, signMessage } from '@portico/messaging';
import { CONFIG_FORMAT } from '@portico/contracts';
import { mintToken, tokenDigest } from '@portico/enforcement';

export const ENCRYPTION_KEY = 'benchmarks only, never a real key';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** `endpoints` are spread over collections of 50; the measured one is the first. */
export function makeEstate({ clients, endpoints = 50, upstreamUrl, logBodies = 'none' }) {
  const collections = Array.from({ length: Math.ceil(endpoints / 50) }, (_, index) =>
    collection(index, Math.min(50, endpoints - index * 50), upstreamUrl, logBodies),
  );
  const policy = {
    id: 'pol_bench',
    name: 'Bench',
    active: true,
    rate_limits: [{ requests: 1_000_000_000, window: '1m' }],
    quota: { requests: 1_000_000_000_000, period: 'month' },
    mode: 'default',
    on_outage: 'share',
  };
  const callers = [];
  const values = new Map([[`policy.${policy.id}`, policy]]);
  for (const one of collections) values.set(`collection.${one.id}`, one);
  const assigned = collections.slice(0, 3).map((one) => one.id);
  for (let index = 0; index < clients; index += 1) {
    const { value, caller } = client(index, assigned, policy.id);
    values.set(`client.${value.id}`, value);
    callers.push(caller);
  }
  return { values, callers, path: '/orders/v2/orders/ord_1001?limit=20' };
}

function collection(index, endpoints, upstreamUrl, logBodies) {
  const first = index === 0;
  return {
    id: first ? 'coll_orders' : `coll_bench_${index}`,
    name: `Collection ${index}`,
    base_path: first ? '/orders/v2' : `/bench/${index}`,
    upstreams: {
      production: {
        targets: [{ url: upstreamUrl, weight: 1 }],
        timeout_ms: 30_000,
        connect_timeout_ms: 3_000,
        retries: 1,
      },
    },
    headers: [],
    credentials: [],
    log_bodies: logBodies,
    redact: [],
    retention_days: 90,
    endpoints: Array.from({ length: endpoints }, (_, number) => ({
      id: `ep_bench_${index}_${number}`,
      name: `Endpoint ${number}`,
      methods: ['GET'],
      path: number === 0 ? '/orders/{order_id}' : `/resource${number}/{id}`,
      parameters: [
        { name: 'limit', in: 'query', type: 'integer', required: false, minimum: 1, maximum: 100 },
      ],
      allowed_auth_types: ['token', 'jwt', 'oidc', 'mtls', 'none'],
      headers: [],
    })),
  };
}

function client(index, collections, policyId) {
  const id = `cl_bench_${index}`;
  const token = mintToken(randomBytes);
  const profile = (name, sha256) => ({
    id: `pr_bench_${index}_${name}`,
    name,
    environment: 'production',
    active: true,
    auth: { type: 'token', tokens: [{ sha256 }] },
    allowed_methods: [],
    allowed_ips: [],
  });
  return {
    value: {
      id,
      name: `Client ${index}`,
      active: true,
      collections,
      policy_id: policyId,
      profiles: [
        profile('main', tokenDigest(token)),
        profile('spare', tokenDigest(mintToken(randomBytes))),
      ],
    },
    caller: { client: id, profile: `pr_bench_${index}_main`, token },
  };
}

/** Writes the estate as one revision and returns a way to change one client after it. */
export async function publishEstate(natsUrl, values) {
  const keyring = deriveKeyring(ENCRYPTION_KEY);
  const verifyKey = keyring.signing.publicKey;
  const feeds = await connectNats({ servers: natsUrl, name: 'bench', verifyKey, logger: silent });
  const digest = new ConfigDigest();
  let revision = 0;
  const publish = async (changes) => {
    revision += 1;
    const message = (key, body, last = false) =>
      signMessage({ format: CONFIG_FORMAT, key, revision, last, body }, keyring.signing.privateKey);
    const messages = [...changes].map(([key, value]) => {
      const body = JSON.stringify(value);
      digest.set(key, body);
      return message(key, body);
    });
    const meta = {
      format: CONFIG_FORMAT,
      revision,
      digest: digest.root(),
      keys: digest.size,
      published_at: new Date().toISOString(),
    };
    await feeds.configPublisher.publish([...messages, message('meta', JSON.stringify(meta), true)]);
    return revision;
  };
  await publish(values);
  return { publish, feeds, close: () => feeds.close() };
}
