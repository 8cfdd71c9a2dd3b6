import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch, type RequestInit } from 'undici';
import type { GatewayNode } from './deployment.ts';

export interface LoadResult {
  /** Request ids of every answer. */
  readonly requestIds: readonly string[];
  /** Whatever a partner would have to call a failure, in words. Empty = nobody noticed anything. */
  readonly failures: readonly string[];
}

export interface Load {
  stop(): Promise<LoadResult>;
}

type Node = Pick<GatewayNode, 'url' | 'readyUrl'>;

const CALLERS = 4;
const PAUSE_MS = 4;
const HEALTH_CHECK_MS = 50;

/**
 * Partners that call all the time, over kept-alive connections, through a load balancer that asks
 * each node's /readyz and sends calls to those that are ready. Nothing is ever repeated: any trouble
 * at all is a failure.
 */
export function keepCalling(
  nodes: readonly Node[],
  path: string,
  headers: Readonly<Record<string, string>>,
): Load {
  const requestIds: string[] = [];
  const failures: string[] = [];
  const agent = new Agent({ connections: CALLERS });
  const balancer = watchHealth(nodes);
  let isOver = false;
  const caller = async (first: number): Promise<void> => {
    for (let turn = first; !isOver; turn += 1) {
      const url = `${balancer.choose(turn).url}${path}`;
      const outcome = await callOnce(url, { headers, dispatcher: agent });
      if ('requestId' in outcome) requestIds.push(outcome.requestId);
      else failures.push(outcome.failure);
      await pause(PAUSE_MS);
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, index) => caller(index));
  return {
    stop: async () => {
      isOver = true;
      await Promise.all([...callers, balancer.stop()]);
      await agent.close();
      return { requestIds, failures };
    },
  };
}

function watchHealth(nodes: readonly Node[]) {
  let ready = nodes;
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const checks = await Promise.all(nodes.map((node) => isReady(node)));
      ready = nodes.filter((_, index) => checks[index]);
      await pause(HEALTH_CHECK_MS);
    }
  };
  const watching = watch();
  return {
    /** Some node even when none is ready, as load balancers do: it then fails by itself. */
    choose: (turn: number): Node => ready[turn % ready.length] ?? nodes[turn % nodes.length]!,
    stop: async () => {
      isOver = true;
      await watching;
    },
  };
}

const isReady = ({ readyUrl }: Node): Promise<boolean> =>
  fetch(readyUrl).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status === 200;
    },
    () => false,
  );

type Outcome = { readonly requestId: string } | { readonly failure: string };

async function callOnce(url: string, init: RequestInit): Promise<Outcome> {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    if (response.status !== 200) return { failure: `${url}: ${response.status} ${text}` };
    return { requestId: response.headers.get('x-request-id') ?? 'none' };
  } catch (error) {
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
    return { failure: `${url}: ${cause?.code} ${cause?.message}` };
  }
}
