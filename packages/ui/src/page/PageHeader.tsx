import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import classes from './PageHeader.module.css';

interface PageHeaderProps {
  readonly title: string;
  /** Small line above the title, e.g. the way back. */
  readonly above?: ReactNode;
  readonly description?: ReactNode;
  readonly aside?: ReactNode;
  /** Focus the heading when it appears, so that a navigation is announced. */
  readonly focusOnMount?: boolean;
}

/** A page's one `h1`. */
export function PageHeader({
  title,
  above,
  description,
  aside,
  focusOnMount = false,
}: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focusOnMount) heading.current?.focus({ preventScroll: true });
  }, [focusOnMount]);
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        {above && <div className={classes.above}>{above}</div>}
        <h1 className={classes.title} ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {description && <div className={classes.description}>{description}</div>}
      </div>
      {aside && <div className={classes.aside}>{aside}</div>}
    </header>
  );
}
