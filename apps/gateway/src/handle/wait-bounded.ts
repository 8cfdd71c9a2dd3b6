/**
 * Resolves when `ready` settles or the time is up, whichever comes first; never rejects. Time is up a
 * turn after the timer: where this process itself stood still, what it waits for has long arrived,
 * and is read in that turn.
 */
export function waitBounded(ready: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(resolve), ms);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    ready.then(done, done);
  });
}
