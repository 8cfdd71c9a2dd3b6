import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch, type RequestInit } from 'undici';

export interface LoadResult {
  /** Request ids of every answer. */
  readonly requestIds: readonly string[];
  /** Whatever a partner would have to call a failure, in words. Empty = nobody noticed anything. */
  readonly failures: readonly string[];
}

export interface Load {
  stop(): Promise<LoadResult>;
}

const CALLERS = 4;
const PAUSE_MS = 4;

/**
 * Partners that call all the time, over kept-alive connections, through a load balancer that tries
 * the next node when one does not accept the connection. Any other trouble is a failure.
 */
export function keepCalling(
  nodes: readonly string[],
  path: string,
  headers: Readonly<Record<string, string>>,
): Load {
  const requestIds: string[] = [];
  const failures: string[] = [];
  const agent = new Agent({ keepAliveTimeout: 1_000, connections: CALLERS });
  const init: RequestInit = { headers, dispatcher: agent };
  let isOver = false;
  const caller = async (first: number): Promise<void> => {
    for (let turn = first; !isOver; turn += 1) {
      const outcome = await callSomeNode(nodes, turn, path, init);
      if ('requestId' in outcome) requestIds.push(outcome.requestId);
      else failures.push(outcome.failure);
      await pause(PAUSE_MS);
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, index) => caller(index));
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(callers);
      await agent.close();
      return { requestIds, failures };
    },
  };
}

type Outcome = { readonly requestId: string } | { readonly failure: string };

async function callSomeNode(
  nodes: readonly string[],
  turn: number,
  path: string,
  init: RequestInit,
): Promise<Outcome> {
  let refused = 'there is no node';
  for (let attempt = 0; attempt < nodes.length; attempt += 1) {
    const url = `${nodes[(turn + attempt) % nodes.length]}${path}`;
    try {
      const response = await fetch(url, init);
      const text = await response.text();
      // Open, but not ready yet: a load balancer that looks at /readyz would not have asked it.
      if (response.status === 503 && text.includes('"not_ready"')) {
        refused = `${url}: not ready`;
        continue;
      }
      if (response.status !== 200) return { failure: `${url}: ${response.status} ${text}` };
      return { requestId: response.headers.get('x-request-id') ?? 'none' };
    } catch (error) {
      const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
      if (!isSafeToRepeat(cause)) return { failure: `${url}: ${cause?.code} ${cause?.message}` };
      refused = `${url}: refused`;
    }
  }
  return { failure: refused };
}

/**
 * Nothing of the request was read: the node does not listen, or had closed this kept-alive connection
 * as idle when we began to write (the race of RFC 9112, 9.3.1, which every HTTP/1.1 client repeats).
 * A connection lost while the answer is awaited is a failure.
 */
const isSafeToRepeat = (cause: NodeJS.ErrnoException | undefined): boolean =>
  cause?.code === 'ECONNREFUSED' || cause?.syscall === 'write';
