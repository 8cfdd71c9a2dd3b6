import { useEffect } from 'react';

/** `Orders API · Acme developer portal`. */
export function useDocumentTitle(title: string | undefined, site: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${site}` : site;
  }, [title, site]);
}
