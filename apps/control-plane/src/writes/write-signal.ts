import { Injectable } from '@nestjs/common';

/** Tells this process's publisher of a commit at once; other replicas hear it from PostgreSQL. */
@Injectable()
export class WriteSignal {
  private readonly listeners = new Set<(revision: number) => void>();

  emit(revision: number): void {
    for (const listener of this.listeners) listener(revision);
  }

  on(listener: (revision: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
