import { describe, expect, it } from '@jest/globals';
import type { LimitTimers } from './clock.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A room for 22 ms, and the timers it started. */
function aRoom() {
  const started: { readonly delayMs: number; readonly run: () => void }[] = [];
  const timers: LimitTimers = {
    after: (delayMs, run) => {
      started.push({ delayMs, run });
      return () => undefined;
    },
    soon: (run) => run(),
  };
  return { room: new WaitingRoom(timers, 22), started };
}

describe('a request that waits for a lease', () => {
  it('waits no longer than is left of the time that its call may take', () => {
    const { room, started } = aRoom();
    void room.enter(1_020, 1_000);
    expect(started.map(({ delayMs }) => delayMs)).toEqual([2]);
  });

  it('does not wait at all for a call that is late, until another one has left', () => {
    const { room, started } = aRoom();
    void room.enter(1_000, 1_000);
    started[0]?.run();
    expect(room.enter(1_030, 1_000)).toBeUndefined();
    room.callLeft();
    expect(room.enter(1_040, 1_040)).toBeInstanceOf(Promise);
  });
});
