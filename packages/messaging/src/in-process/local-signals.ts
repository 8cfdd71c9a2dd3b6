import type { Subscription } from '../ports.ts';
import type { Signals } from '../transport.ts';

type Listener = (text: string) => void;
type Answerer = (question: string) => Promise<string | undefined>;

/** Subjects within the process. Delivery is never synchronous: a publisher is not called back into. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #answerers = new Map<string, Set<Answerer>>();

  publish(subject: string, text: string): void {
    setImmediate(() => {
      for (const [pattern, listeners] of this.#listeners) {
        if (matches(pattern, subject)) for (const listener of listeners) listener(text);
      }
    });
  }

  subscribe(subject: string, onText: Listener): Promise<Subscription> {
    return Promise.resolve(member(this.#listeners, subject, onText));
  }

  answer(subject: string, answer: Answerer): Promise<Subscription> {
    return Promise.resolve(member(this.#answerers, subject, answer));
  }

  async ask(subject: string, question: string, timeoutMs: number): Promise<readonly string[]> {
    const answers: string[] = [];
    const asked = [...(this.#answerers.get(subject) ?? [])].map(async (answerer) => {
      const answer = await answerer(question);
      if (answer !== undefined) answers.push(answer);
    });
    await within(timeoutMs, Promise.allSettled(asked));
    return [...answers];
  }

  close(): void {
    this.#listeners.clear();
    this.#answerers.clear();
  }
}

function member<T>(groups: Map<string, Set<T>>, subject: string, one: T): Subscription {
  const group = groups.get(subject) ?? new Set<T>();
  groups.set(subject, group.add(one));
  return {
    stop: () => {
      group.delete(one);
      return Promise.resolve();
    },
  };
}

/** `portico.nodes.*` matches one more token. */
const matches = (pattern: string, subject: string): boolean =>
  pattern.endsWith('.*')
    ? subject.startsWith(pattern.slice(0, -1)) && !subject.slice(pattern.length - 1).includes('.')
    : pattern === subject;

async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
