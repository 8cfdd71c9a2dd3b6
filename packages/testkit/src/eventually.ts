/** How often a check is repeated. */
const EVERY_MS = 20;

/**
 * For a machine that is busy with something else; a test that passes never waits for it. Below
 * Jest's `testTimeout`, or nobody would read what the check had to say.
 */
const WITHIN_MS = 20_000;

/**
 * Repeats `check` until it neither throws nor answers `false`, and gives its answer. After
 * `withinMs` it fails with the last error. The only way a test may wait for anything.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = WITHIN_MS }: { readonly withinMs?: number } = {},
): Promise<T> {
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    let problem: unknown;
    try {
      const answer = await check();
      if (answer !== false) return answer;
      problem = new Error('the check still answers false');
    } catch (error) {
      problem = error;
    }
    if (performance.now() > giveUpAtMs) throw asError(problem, withinMs);
    await new Promise((again) => setTimeout(again, EVERY_MS));
  }
}

/** The check's own failure, so that the report shows what was expected and what was there. */
function asError(problem: unknown, withinMs: number): Error {
  if (!(problem instanceof Error))
    return new Error(`not within ${withinMs} ms: ${String(problem)}`);
  problem.message = `not within ${withinMs} ms: ${problem.message}`;
  return problem;
}
