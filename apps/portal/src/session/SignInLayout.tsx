import { useDocumentTitle } from '@portico/ui';
import type { ReactNode } from 'react';
import { BrandName, SupportContact, useSiteName } from '../shell/branding.tsx';
import { ThemeToggle } from '../shell/ThemeToggle.tsx';
import { Colonnade } from './Colonnade.tsx';
import classes from './SignInLayout.module.css';

/** The pages before one is signed in: a quiet card beside the colonnade. */
export function SignInLayout({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(title, useSiteName());
  return (
    <div className={classes.split}>
      <div className={classes.side}>
        <header className={classes.top}>
          <BrandName />
          <ThemeToggle />
        </header>
        <main className={classes.main}>{children}</main>
        <footer className={classes.foot}>
          Need help? Ask <SupportContact />.
        </footer>
      </div>
      <Colonnade />
    </div>
  );
}
