import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { NODE_GONE_AFTER_MS, type Heartbeat } from '@portico/contracts';
import type { Feeds, Subscription } from '@portico/messaging';
import { FEEDS } from '../tokens.ts';

export interface LiveNode {
  readonly heartbeat: Heartbeat;
  readonly seenAtMs: number;
}

/** How far a revision has got. */
export interface Propagation {
  readonly applied: number;
  readonly live: number;
}

interface Waiter {
  readonly revision: number;
  readonly done: (propagation: Propagation) => void;
}

/** How often waiters look whether a node has died meanwhile; heartbeats wake them at once. */
const DEATH_CHECK_MS = 250;

/** Which gateway nodes are there and what they run, from their heartbeats alone. */
@Injectable()
export class LiveNodes implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #nodes = new Map<string, LiveNode>();
  readonly #waiters = new Set<Waiter>();
  #subscription: Promise<Subscription> | undefined;
  #deathCheck: NodeJS.Timeout | undefined;

  constructor(@Inject(FEEDS) private readonly feeds: Feeds) {}

  onApplicationBootstrap(): void {
    this.#subscription = this.feeds.configPublisher.onHeartbeat((beat) => this.#hear(beat));
    // Over NATS it is retried inside; a rejection here must not end the process.
    this.#subscription.catch(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#deathCheck);
    for (const waiter of this.#waiters) waiter.done(this.#propagation(waiter.revision));
    this.#waiters.clear();
    await this.#subscription?.then(
      (subscription) => subscription.stop(),
      () => undefined,
    );
  }

  /** Heard of within three beats; a draining node takes no new calls and counts no more. */
  list(nowMs = Date.now()): LiveNode[] {
    for (const [id, { seenAtMs }] of this.#nodes) {
      if (nowMs - seenAtMs > NODE_GONE_AFTER_MS) this.#nodes.delete(id);
    }
    return [...this.#nodes.values()];
  }

  /** Resolves when every live node runs the revision, or after `timeoutMs`, saying how many do. */
  whenApplied(revision: number, timeoutMs: number): Promise<Propagation> {
    const now = this.#propagation(revision);
    if (now.applied === now.live || timeoutMs <= 0) return Promise.resolve(now);
    return new Promise((resolve) => {
      const done = (propagation: Propagation): void => {
        clearTimeout(timeout);
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#stopDeathCheck();
        resolve(propagation);
      };
      const waiter = { revision, done };
      const timeout = setTimeout(() => done(this.#propagation(revision)), timeoutMs);
      this.#waiters.add(waiter);
      this.#deathCheck ??= setInterval(() => this.#settle(), DEATH_CHECK_MS);
    });
  }

  #hear(heartbeat: Heartbeat): void {
    if (heartbeat.draining) this.#nodes.delete(heartbeat.node);
    else this.#nodes.set(heartbeat.node, { heartbeat, seenAtMs: Date.now() });
    this.#settle();
  }

  #settle(): void {
    for (const waiter of [...this.#waiters]) {
      const propagation = this.#propagation(waiter.revision);
      if (propagation.applied === propagation.live) waiter.done(propagation);
    }
  }

  #propagation(revision: number): Propagation {
    const nodes = this.list();
    const applied = nodes.filter(({ heartbeat }) => heartbeat.revision >= revision).length;
    return { applied, live: nodes.length };
  }

  #stopDeathCheck(): void {
    clearInterval(this.#deathCheck);
    this.#deathCheck = undefined;
  }
}
