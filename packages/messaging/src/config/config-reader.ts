import type { ConfigListener } from '../ports.ts';
import type { BucketEntry, BucketReader, FeedLogger } from '../transport.ts';
import type { Assembly, RevisionAssembler } from './revision-assembler.ts';

/** Carries what the assembler makes of the bucket to the node. */
export class ConfigReader implements BucketReader {
  readonly #assembler: RevisionAssembler;
  readonly #listener: ConfigListener;
  readonly #logger: FeedLogger;

  constructor(assembler: RevisionAssembler, listener: ConfigListener, logger: FeedLogger) {
    this.#assembler = assembler;
    this.#listener = listener;
    this.#logger = logger;
  }

  begin(): void {
    this.#assembler.beginReplay();
  }

  entry({ key, text }: BucketEntry): 'go_on' | 'replay' {
    return this.#tell(this.#assembler.accept(key, text));
  }

  end(): void {
    this.#tell(this.#assembler.endReplay());
  }

  onConnection(state: 'disconnected' | 'reconnected'): void {
    this.#guarded(() => this.#listener.onFault({ kind: state }));
  }

  #tell(assembly: Assembly): 'go_on' | 'replay' {
    switch (assembly.kind) {
      case 'waiting':
        return 'go_on';
      case 'revision':
        if (!this.#guarded(() => this.#listener.onRevision(assembly.change))) {
          this.#assembler.refused();
        }
        return 'go_on';
      case 'current':
        this.#guarded(() => this.#listener.onCurrent(assembly.revision));
        return 'go_on';
      case 'fault':
        this.#guarded(() => this.#listener.onFault(assembly.fault));
        return 'go_on';
      case 'replay': {
        const { fault } = assembly;
        if (fault !== undefined) this.#guarded(() => this.#listener.onFault(fault));
        return 'replay';
      }
    }
  }

  /** A listener that throws must not end the feed. */
  #guarded(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (err) {
      this.#logger.warn({ err }, 'The configuration was refused');
      return false;
    }
  }
}
