import type { ReactNode } from 'react';
import classes from './MessageState.module.css';

interface MessageStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `alert` interrupts a screen reader; `status` waits. */
  readonly role?: 'alert' | 'status';
  /** Stands for the whole page: its title is the page's heading. */
  readonly isPage?: boolean;
}

/** Nothing here, or something went wrong: one calm sentence and the way on. */
export function MessageState(props: MessageStateProps) {
  const { icon, title, children, actions, role, isPage = false } = props;
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className={classes.state} role={role}>
      <div className={classes.icon} aria-hidden="true">
        {icon}
      </div>
      <Title className={classes.title}>{title}</Title>
      {children && <div className={classes.words}>{children}</div>}
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
