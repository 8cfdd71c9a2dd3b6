import { useSyncExternalStore } from 'react';
import type { StepId } from './first-call-steps.ts';

/** Steps done in this browser, per client. Local storage, because they are nobody else's business. */

const listeners = new Set<() => void>();
const keyOf = (clientId: string): string => `portico.first-call.${clientId}`;

export function rememberStep(clientId: string, step: StepId): void {
  const steps = new Set(parse(localStorage.getItem(keyOf(clientId))));
  if (steps.has(step)) return;
  localStorage.setItem(keyOf(clientId), [...steps, step].join(' '));
  listeners.forEach((listener) => listener());
}

export function useRememberedSteps(clientId: string): readonly StepId[] {
  return parse(useSyncExternalStore(subscribe, () => localStorage.getItem(keyOf(clientId))));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const parse = (text: string | null): StepId[] =>
  (text ?? '').split(' ').filter((step) => step !== '') as StepId[];
