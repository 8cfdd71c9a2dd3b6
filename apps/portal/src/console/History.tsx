import { UnstyledButton } from '@mantine/core';
import { formatDuration, RelativeTime, StatusBadge } from '@portico/ui';
import classes from './Console.module.css';
import type { TryEntry } from './try-history.ts';

interface HistoryProps {
  readonly entries: readonly TryEntry[];
  readonly shownId: number | undefined;
  readonly onShow: (entry: TryEntry) => void;
}

/** Earlier calls of this session; choosing one brings back its inputs and its answer. */
export function History({ entries, shownId, onShow }: HistoryProps) {
  if (entries.length < 2) return null;
  return (
    <section aria-label="Calls of this session">
      <h3 className="portico-eyebrow">This session</h3>
      <ol className={classes.history}>
        {entries.map((entry) => (
          <li key={entry.id}>
            <UnstyledButton
              className={classes.entry}
              aria-pressed={entry.id === shownId}
              onClick={() => onShow(entry)}
            >
              <StatusBadge status={entry.response.status} />
              <span className={classes.target}>{entry.target}</span>
              <span className={classes.quiet}>{entry.profileName}</span>
              <span className={classes.quiet}>{formatDuration(entry.response.latency_ms)}</span>
              <span className={classes.quiet}>
                <RelativeTime at={entry.sentAt} />
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </section>
  );
}
