import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HEARTBEAT_FORMAT, NODE_GONE_AFTER_MS, type Heartbeat } from '@portico/contracts';
import { ClusterCensus } from './heartbeats.ts';

describe('how many nodes there are', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function setUp() {
    const feed = { isConnected: true, hear: (_beat: Heartbeat): void => undefined };
    const census = new ClusterCensus('gw-1', {
      isConnected: () => feed.isConnected,
      configPublisher: {
        publish: () => Promise.resolve(),
        readAll: () => Promise.resolve(new Map()),
        onHeartbeat: (listener) => {
          feed.hear = listener;
          return Promise.resolve({ stop: () => Promise.resolve() });
        },
      },
    });
    const beat = (node: string, draining = false): void =>
      feed.hear({
        ...{ format: HEARTBEAT_FORMAT, node, version: '1', started_at_ms: 0, sent_at_ms: 0 },
        ...{ revision: 1, lag_ms: 0, stale: false, stale_reason: null, draining },
        ...{ rps: 0, in_flight: 0, outbox_depth: 0, records_lost: 0 },
      });
    return { feed, census, beat };
  }

  it('is told by their beats; one that drains, or is silent for long, is none', () => {
    const { census, beat } = setUp();
    for (const node of ['gw-1', 'gw-2', 'gw-3', 'gw-4']) beat(node);
    expect(census.size()).toBe(4);
    beat('gw-4', true);
    expect(census.size()).toBe(3);
    jest.advanceTimersByTime(NODE_GONE_AFTER_MS - 100);
    beat('gw-2');
    jest.advanceTimersByTime(200);
    expect(census.size()).toBe(2);
  });

  it('stays what it was while nothing can be heard: a node that thought it was alone would take all', () => {
    const { feed, census, beat } = setUp();
    for (const node of ['gw-2', 'gw-3']) beat(node);
    feed.isConnected = false;
    for (let second = 0; second < 60; second += 1) {
      jest.advanceTimersByTime(1_000);
      expect(census.size()).toBe(3);
    }
    feed.isConnected = true;
    jest.advanceTimersByTime(NODE_GONE_AFTER_MS + 100);
    expect(census.size()).toBe(1);
  });
});
