import type { Heartbeat } from '@portico/contracts';
import { applyChange, emptyIndex, type ConfigIndex } from '@portico/enforcement';
import { unseal, type ConfigFault, type Feeds, type Keyring } from '@portico/messaging';

/** A gateway node without its HTTP side: applies revisions with the real core and beats. */
export async function startListeningNode(feeds: Feeds, keyring: Keyring, node = 'node-1') {
  let index: ConfigIndex = emptyIndex();
  let isApplying = true;
  const faults: ConfigFault[] = [];
  const values = new Map<string, string>();
  const beat = (over: Partial<Heartbeat> = {}): void =>
    feeds.config.beat({
      format: 1,
      node,
      version: '0.1.0',
      revision: index.revision,
      lag_ms: 1,
      stale: false,
      stale_reason: null,
      draining: false,
      started_at_ms: Date.now() - 5_000,
      sent_at_ms: Date.now(),
      rps: 0,
      in_flight: 0,
      outbox_depth: 0,
      records_lost: 0,
      ...over,
    });
  const subscription = await feeds.config.follow({
    onRevision: (change) => {
      if (!isApplying) throw new Error('refused for the test');
      index = applyChange(index, change, { unseal: (text) => unseal(text, keyring.sealing) });
      if (change.complete) values.clear();
      for (const [key, body] of change.values) {
        if (body === null) values.delete(key);
        else values.set(key, body);
      }
      beat();
    },
    onFault: (fault) => faults.push(fault),
    onCurrent: () => undefined,
  });
  const timer = setInterval(beat, 500);
  beat();
  return {
    faults,
    beat,
    index: () => index,
    read: (key: string) => JSON.parse(values.get(key) ?? 'null') as Record<string, unknown> | null,
    keys: () => [...values.keys()].sort(),
    text: () => [...values.values()].join('\n'),
    stopApplying: () => (isApplying = false),
    stop: async () => {
      clearInterval(timer);
      await subscription.stop();
    },
  };
}
