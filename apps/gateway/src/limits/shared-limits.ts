import { randomBytes } from 'node:crypto';
import { USAGE_FORMAT, type LimitState } from '@portico/contracts';
import type { Subscription } from '@portico/messaging';
import type { LimitAuthority } from './authority.ts';
import { systemTimers, type LimitClock } from './clock.ts';
import { ESCROW_DEFAULTS } from './escrow-settings.ts';
import { EscrowMeters } from './escrow-meters.ts';
import type { MetersOptions } from './index.ts';
import { LastWords, statesOf, type Word } from './last-words.ts';
import type { LimitEvents } from './limit-events.ts';
import { planOf } from './limit-plan.ts';
import type { LimitsCore, ScopeStanding } from './limits-core.ts';
import { QuotaLedger } from './quota-ledger.ts';
import { RedisAuthority } from './redis-authority.ts';
import type { KnownScope, ScopeDirectory } from './scope-directory.ts';

/** A start does not wait longer than this for Redis: a node without it decides alone. */
const CONNECT_WITHIN_MS = 1_000;

/** Limits shared with other nodes through Redis. */
export async function createSharedLimits(
  options: MetersOptions & { readonly redisUrl: string },
  directory: ScopeDirectory,
  clock: LimitClock,
): Promise<LimitsCore> {
  const { nodeId, usage, logger } = options;
  const events = limitEvents(options);
  const redis = new RedisAuthority(options.redisUrl, (cause) =>
    logger.debug({ err: cause }, 'Redis connection'),
  );
  // Before the first call: one that meets no connection yet would count as a silence of Redis.
  if (!(await redis.ready(CONNECT_WITHIN_MS))) {
    logger.warn('Redis does not answer: limits are decided by the outage policy until it does');
  }
  const lastWords = new LastWords(clock);
  const authority = lastWords.heardFrom(redis);
  const find = (key: string) => directory.find(key);
  const ledger =
    options.usageTruth &&
    new QuotaLedger({
      ...{ truth: options.usageTruth, find, clock, random: Math.random, logger },
      open:
        ({ key, policy }) =>
        (days) =>
          authority.reconcile({ scope: key, days, giveBack: policy?.mode !== 'strict' }),
    });
  const meters = new EscrowMeters({
    authority,
    // Another life of the process is another node: what the one before held is not this one's.
    node: `${nodeId}@${randomBytes(6).toString('base64url')}`,
    settings: ESCROW_DEFAULTS,
    ...{ clock, timers: systemTimers, clusterSize: options.clusterSize, random: Math.random },
    hint: (scope, remaining) =>
      usage.hint({ format: USAGE_FORMAT, node: nodeId, scope, remaining: Math.floor(remaining) }),
    events: {
      ...events,
      authorityLostState: () => {
        ledger?.startOver();
        events.authorityLostState();
      },
    },
    askPeers: async (scope) => {
      const reports = await usage.askUsage(scope, PEERS_ANSWER_WITHIN_MS);
      return reports.filter(({ node }) => node !== nodeId).flatMap(({ limits }) => limits);
    },
    askLedger: async (key) => {
      const scope = directory.find(key);
      return scope && ledger ? ledger.daysOf(scope) : [];
    },
    onQuota: ledger ? (scope, isSeeded) => ledger.consider(scope, isSeeded) : null,
  });
  const hints: Subscription = await usage.onHint(({ node, scope }) => {
    if (node !== nodeId) meters.pressure(scope);
  });
  return {
    meters,
    standing: (scope) => standingAtAuthority(authority, lastWords, clock, scope),
    sweep: () => {
      meters.sweep();
      const isGone = (key: string): boolean => directory.find(key) === undefined;
      ledger?.forget(isGone);
      lastWords.forget(isGone);
    },
    size: () => meters.size,
    isSilent: () => meters.isAuthoritySilent,
    stop: async () => {
      await hints.stop();
      await meters.stop();
      await authority.close();
    },
  };
}

const ANSWER_WITHIN_MS = 200;
/** A peer asks the silent authority first. */
const PEERS_ANSWER_WITHIN_MS = 2 * ANSWER_WITHIN_MS;

/**
 * What the authority says, or, when it is silent, what it said last. Not what this node used since:
 * others used something too, and what they all used by now is not known to anybody.
 */
async function standingAtAuthority(
  authority: LimitAuthority,
  lastWords: LastWords,
  clock: LimitClock,
  scope: KnownScope,
): Promise<ScopeStanding> {
  const plan = scope.policy && planOf(scope.policy);
  if (!plan) return { limits: [], whose: 'authority', asOfMs: clock.unixMs() };
  const question = {
    ...{ scope: scope.key, node: '', epoch: '', call: 0, plan },
    ...{ want: 0, ahead: 0, have: 0, spent: 0, report: null, unseededMost: 0 },
  };
  const silence = Promise.withResolvers<undefined>();
  const cancel = systemTimers.after(ANSWER_WITHIN_MS, () => silence.resolve(undefined));
  const asked = authority.lease(question).catch(() => undefined);
  const answer = await Promise.race([asked, silence.promise]);
  cancel();
  if (answer?.kind !== 'leased') return lastHeard(lastWords.of(scope.key), clock.unixMs());
  const word = lastWords.word(plan, answer);
  return { limits: statesOf(word), whose: 'authority', asOfMs: word.unixMs };
}

function lastHeard(word: Word | undefined, unixMs: number): ScopeStanding {
  if (!word) return { limits: [], whose: 'part', asOfMs: unixMs };
  // A quota of a period that has ended says nothing of the one that runs.
  const isOfNow = ({ kind, resets_at_ms }: LimitState) => kind === 'rate' || resets_at_ms > unixMs;
  return { limits: statesOf(word).filter(isOfNow), whose: 'last_word', asOfMs: word.unixMs };
}

function limitEvents({ logger, metrics }: MetersOptions): LimitEvents {
  const calls = metrics.counter({
    name: 'portico_limit_authority_calls_total',
    help: 'Lease calls to the shared limit authority.',
  });
  const silences = metrics.counter({
    name: 'portico_limit_authority_silences_total',
    help: 'Times the shared limit authority stopped answering.',
  });
  const losses = metrics.counter({
    name: 'portico_limit_authority_losses_total',
    help: 'Times the shared limit authority came back without what it knew.',
  });
  return {
    called: () => calls.inc(),
    authoritySilent: (cause) => {
      silences.inc();
      logger.warn({ err: cause }, 'limit authority is silent: deciding by the outage policy');
    },
    authorityAnswers: () => logger.info('limit authority answers'),
    authorityLostState: () => {
      losses.inc();
      logger.warn('limit authority lost its state: sending what this node admitted');
    },
  };
}
