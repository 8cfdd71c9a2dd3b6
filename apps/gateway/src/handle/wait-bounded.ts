/** Resolves when `ready` settles or the time is up, whichever comes first; never rejects. */
export function waitBounded(ready: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    ready.then(done, done);
  });
}
