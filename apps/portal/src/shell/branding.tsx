import { BrandMark, DEFAULT_ACCENT, PorticoProvider } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { brandingQuery } from '../api/queries.ts';
import type { Branding } from '../api/types.ts';
import classes from './branding.module.css';

/** What a portal looks like whose operator configured nothing. */
const UNBRANDED: Branding = {
  name: 'Portico',
  logo_url: null,
  accent_color: DEFAULT_ACCENT,
  support_contact: null,
};

/** The operator's name, logo, colour and contact; never an error, a portal without them still works. */
export function useBranding(): Branding {
  const { data } = useQuery(brandingQuery);
  return { ...UNBRANDED, ...data };
}

/** `Developer portal of …` for titles. */
export function useSiteName(): string {
  const { name } = useBranding();
  return /developer portal/i.test(name) ? name : `${name} developer portal`;
}

export function BrandedProvider({ children }: { children: ReactNode }) {
  return <PorticoProvider accent={useBranding().accent_color}>{children}</PorticoProvider>;
}

export function BrandName() {
  const { name, logo_url: logoUrl } = useBranding();
  return (
    <span className={classes.brand}>
      {logoUrl ? <img className={classes.logo} src={logoUrl} alt="" /> : <BrandMark />}
      <span className={classes.name}>{name}</span>
    </span>
  );
}

/** Where to turn to: an address becomes a mail link, an http(s) URL a link, anything else text. */
export function SupportContact() {
  const { support_contact: contact } = useBranding();
  if (!contact) return <>your contact at the API provider</>;
  if (/^https?:\/\//i.test(contact)) return <a href={contact}>{contact}</a>;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) return <a href={`mailto:${contact}`}>{contact}</a>;
  return <>{contact}</>;
}
