import classes from './StatusBadge.module.css';
import { statusTone } from './status-tone.ts';

/** An HTTP status with a dot in the colour of its class. */
export function StatusBadge({ status, text }: { status: number; text?: string }) {
  return (
    <span className={classes.status} data-tone={statusTone(status)}>
      {status}
      {text ? ` ${text}` : ''}
    </span>
  );
}
