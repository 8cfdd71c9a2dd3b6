import type { ReactNode } from 'react';
import classes from './Panel.module.css';

interface PanelProps {
  readonly title?: string;
  readonly description?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** No inner padding: for tables and lists that reach the edges. */
  readonly flush?: boolean;
  readonly id?: string;
}

/** A surface with a heading: what every page is made of. */
export function Panel({ title, description, aside, children, flush = false, id }: PanelProps) {
  return (
    <section className={classes.panel} aria-label={title} id={id}>
      {title && (
        <header className={classes.header}>
          <div>
            <h2 className={classes.title}>{title}</h2>
            {description && <p className={classes.description}>{description}</p>}
          </div>
          {aside}
        </header>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}
