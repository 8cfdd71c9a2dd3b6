import { PageHeader, useDocumentTitle } from '@portico/ui';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'react-router';
import { useSiteName } from './branding.tsx';

interface PageProps {
  readonly title: string;
  readonly above?: ReactNode;
  readonly description?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** The entry that the browser opened, or reloaded: its key survives a reload. */
const openedKey = (window.history.state as { key?: string } | null)?.key ?? 'default';
let hasShownPage = false;

/** A page of the portal: window title, heading, content. */
export function Page({ title, children, ...header }: PageProps) {
  // On the first page of a visit the browser's own focus is right; after that, a changed page has
  // to be announced.
  // Taken once: a filter that changes the address must not pull the focus out of its field.
  const { key } = useLocation();
  const [isFirst] = useState(() => !hasShownPage && key === openedKey);
  useEffect(() => {
    hasShownPage = true;
  }, []);
  useDocumentTitle(title, useSiteName());
  return (
    <>
      <PageHeader title={title} focusOnMount={!isFirst} {...header} />
      {children}
    </>
  );
}
