// The traffic every limiter gets: the same for all of them, in every process, from one seed.

/** `perSecond` is of the whole cluster, as a multiple of the limit; `part` is a node's part of it. */
export const PATTERNS = {
  'even 2×': { load: 2, part: even, when: always },
  '90/10 2×': { load: 2, part: lopsided, when: always },
  'even 10×': { load: 10, part: even, when: always },
  'bursts 4×': { load: 4, part: even, when: inBursts },
  '90/10 0.5×': { load: 0.5, part: lopsided, when: always },
};

function even(_node, nodes) {
  return 1 / nodes;
}

function lopsided(node, nodes) {
  return node === 0 ? 0.9 : 0.1 / (nodes - 1);
}

function always() {
  return 1;
}

/** Everything of 3.3 seconds in half a second, on all nodes at once. */
function inBursts(ms) {
  return ms % 3_300 < 500 ? 6.6 : 0;
}

/** mulberry32 */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** When requests arrive at one node, in milliseconds from the start: a Poisson process. */
export function* arrivals(pattern, { node, nodes, limitPerMs, random, forMs }) {
  const { load, part, when } = PATTERNS[pattern];
  const perMs = load * limitPerMs * part(node, nodes);
  for (let atMs = 0; ;) {
    const now = perMs * when(atMs);
    const gapMs = now > 0 ? -Math.log(1 - random()) / now : 5;
    atMs += Math.min(gapMs, 5);
    if (atMs >= forMs) return;
    if (now > 0 && gapMs <= 5) yield atMs;
  }
}
