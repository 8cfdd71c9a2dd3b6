import type { ReactNode } from 'react';
import classes from './Tag.module.css';

/** A small quiet label: an environment, a type, a format. */
export function Tag({ children, mono = false }: { children: ReactNode; mono?: boolean }) {
  return (
    <span className={classes.tag} data-mono={mono || undefined}>
      {children}
    </span>
  );
}
