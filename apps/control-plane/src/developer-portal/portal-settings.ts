import { parseEnv, type Env } from '@portico/telemetry';
import { z } from 'zod';
import type { ControlPlaneConfig } from '../config.ts';

/** What the portal reads beside the settings that every part shares. */
const schema = z.object({
  PORTAL_NAME: z.string().max(80).default('Developer Portal'),
  PORTAL_LOGO_URL: z.url({ protocol: /^https?$/ }).optional(),
  PORTAL_ACCENT_COLOR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a color like #1f7567')
    .default('#1f7567'),
  PORTAL_SUPPORT_CONTACT: z.string().max(200).optional(),
  MAX_LINKS_PER_EMAIL: z.coerce.number().int().min(1).max(10_000).default(20),
  MAX_LINKS_PER_IP: z.coerce.number().int().min(1).max(100_000).default(200),
  GATEWAY_INTERNAL_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional(),
});

export interface PortalSettings {
  readonly branding: Branding;
  /** What partners are told: the gateway's public address. */
  readonly gatewayUrl: string;
  readonly gatewayTlsUrl: string;
  /** Proves to the gateway that a call comes from a portal person. */
  readonly portalSourceKey: Uint8Array;
  /** Where `try` sends its calls, and nowhere else. */
  readonly tryOrigin: URL;
  /** Sign-in links that may be asked for at once; one more is allowed every 30 s, or every second. */
  readonly linksAtOnce: { readonly perEmail: number; readonly perIp: number };
  /** Browsers hold back a Secure cookie on plain http; on localhost there is nothing else. */
  readonly hasSecureCookie: boolean;
}

export interface Branding {
  readonly name: string;
  readonly logo_url: string | null;
  readonly accent_color: string;
  readonly support_contact: string | null;
}

export function portalSettings(config: ControlPlaneConfig): PortalSettings {
  const values = parseEnv(schema, config.env as Env);
  return {
    branding: {
      name: values.PORTAL_NAME,
      logo_url: values.PORTAL_LOGO_URL ?? null,
      accent_color: values.PORTAL_ACCENT_COLOR,
      support_contact: values.PORTAL_SUPPORT_CONTACT ?? null,
    },
    gatewayUrl: config.gatewayUrl,
    gatewayTlsUrl: config.gatewayTlsUrl,
    portalSourceKey: config.keyring.portalSourceKey,
    tryOrigin: new URL(values.GATEWAY_INTERNAL_URL ?? config.gatewayUrl),
    linksAtOnce: { perEmail: values.MAX_LINKS_PER_EMAIL, perIp: values.MAX_LINKS_PER_IP },
    hasSecureCookie: !isLocalhost(new URL(config.portalUrl).hostname),
  };
}

const isLocalhost = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(?:\.\d{1,3}){3}$/.test(hostname);

export const PORTAL_SETTINGS = Symbol('PortalSettings');
