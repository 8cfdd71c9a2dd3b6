import { configKeySchema, RESOURCE_SCHEMA } from '@portico/contracts';
import type {
  FailureDetail,
  SnapshotClient,
  SnapshotCollection,
  SnapshotPolicy,
} from '@portico/contracts';
import { ConfigError } from '../config-error.ts';

/** One resource of a revision, checked against the strict schema of its kind; null = gone. */
export type ResourceChange =
  | Change<'collection', SnapshotCollection>
  | Change<'client', SnapshotClient>
  | Change<'policy', SnapshotPolicy>;

interface Change<K, V> {
  readonly kind: K;
  readonly id: string;
  readonly key: string;
  readonly value: V | null;
}

type Kind = ResourceChange['kind'];

/** Reads one value of the config bucket. Throws `ConfigError` naming the key. */
export function parseResource(key: string, text: string | null): ResourceChange {
  const [kind, id] = key.split('.', 2);
  if (!configKeySchema.safeParse(key).success || !isKind(kind) || id === undefined) {
    throw new ConfigError(key, [{ path: '', message: 'is no kind of resource this node knows' }]);
  }
  if (text === null) return { kind, id, key, value: null };
  const resource = toResource(kind, parseJson(key, text));
  if (resource.id === id) return resource;
  throw new ConfigError(key, [{ path: 'id', message: `says ${resource.id}` }]);
}

/** Checks a value that should be of this kind. Throws `ConfigError` with every problem. */
export function toResource(kind: Kind, value: unknown): ResourceChange {
  const parsed = RESOURCE_SCHEMA[kind].safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(toProblem);
    throw new ConfigError(`${kind}.${idOf(value)}`, problems);
  }
  const { id } = parsed.data;
  // The schema of a kind yields that kind's type; TypeScript cannot follow it through the table.
  return { kind, id, key: `${kind}.${id}`, value: parsed.data } as ResourceChange;
}

const isKind = (text: string | undefined): text is Kind =>
  text !== undefined && Object.hasOwn(RESOURCE_SCHEMA, text);

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(key, [{ path: '', message: 'is not JSON' }], { cause });
  }
}

const toProblem = (issue: { path: readonly PropertyKey[]; message: string }): FailureDetail => ({
  path: issue.path.map(String).join('.'),
  message: issue.message,
});

function idOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? id.slice(0, 80) : '(no id)';
}
