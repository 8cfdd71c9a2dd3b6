import { ACME, ACME_SANDBOX_PROFILE } from './demo/demo-estate.ts';
import type { StandaloneConfig } from './config.ts';
import type { Standalone } from './start.ts';
import { requestSignInLink } from './sign-in-link.ts';

/** What somebody sees who has just typed `npm start`: where to click, and what to paste. */
export async function banner(portico: Standalone, config: StandaloneConfig): Promise<string> {
  const demo = config.demo === null ? '' : await demoPart(portico, config);
  return `
Portico is running.

  Developer portal   ${portico.controlPlaneUrl}
  Admin API docs     ${portico.controlPlaneUrl}/api/docs
  Gateway            ${portico.gatewayUrl}${mtlsPart(portico)}
  Gateway metrics    ${portico.gatewayAdminUrl}/metrics
${config.hasDevMailbox ? `  Mailbox            ${portico.controlPlaneUrl}/dev/mail\n` : ''}  Admin API key      ${config.adminApiKey}
  Data               ${config.dataDir}
${demo}
Ctrl-C stops everything; the data stays.
`;
}

const mtlsPart = ({ gatewayTlsUrl }: Standalone): string =>
  gatewayTlsUrl === null ? '' : `   (mTLS: ${gatewayTlsUrl})`;

async function demoPart(portico: Standalone, config: StandaloneConfig): Promise<string> {
  const link = config.hasDevMailbox
    ? await requestSignInLink(portico.controlPlaneUrl, ACME.email)
    : undefined;
  const signIn =
    link === undefined
      ? `Sign in to the portal as ${ACME.email}.`
      : `Sign in as Acme's developer (valid once, for 30 minutes):\n  ${link}`;
  return `\n${signIn}\n\nOr call the demo API right away:\n${await curls(portico)}\n`;
}

interface AuthHeaders {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

async function curls(portico: Standalone): Promise<string> {
  const { headers } = await portico.admin
    .get<AuthHeaders>(`/profiles/${ACME_SANDBOX_PROFILE}/auth-headers`)
    // The demo partner may have been deleted since; the product starts all the same.
    .catch((): AuthHeaders => ({ headers: [] }));
  if (headers.length === 0) return '  (the demo profile is gone: nothing to paste)';
  const identity = headers.map(({ name, value }) => `-H '${name}: ${value}'`).join(' ');
  const orders = `${portico.gatewayUrl}/orders/v2/orders`;
  const order = `'{"sku":"desk-oak-160","quantity":2}'`;
  return [
    `  curl ${identity} '${orders}?status=open'`,
    `  curl ${identity} -H 'Content-Type: application/json' -d ${order} ${orders}`,
    `  curl ${identity} ${portico.gatewayUrl}/inventory/v1/items/desk-oak-160`,
  ].join('\n\n');
}
