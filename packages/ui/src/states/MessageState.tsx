import type { ReactNode } from 'react';
import classes from './MessageState.module.css';

interface MessageStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `alert` interrupts a screen reader; `status` waits. */
  readonly role?: 'alert' | 'status';
}

/** Nothing here, or something went wrong: one calm sentence and the way on. */
export function MessageState({ icon, title, children, actions, role }: MessageStateProps) {
  return (
    <div className={classes.state} role={role}>
      <div className={classes.icon} aria-hidden="true">
        {icon}
      </div>
      <p className={classes.title}>{title}</p>
      {children && <div className={classes.words}>{children}</div>}
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
