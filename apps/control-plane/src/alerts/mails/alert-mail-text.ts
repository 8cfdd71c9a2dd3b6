import { oneLine } from '../../mail/html.ts';
import type { OutgoingMail } from '../../mail/mail.ts';
import { renderHtml, renderText } from '../../mail/mail-layout.ts';
import type {
  CredentialExpiring,
  NodeLagging,
  QuotaThresholdReached,
} from '../../webhooks/webhook-event.ts';
import type { Audience } from '../alert-mail.entity.ts';
import type { AlertEvent } from '../alert.entity.ts';

interface Words {
  readonly title: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface Addressee {
  readonly to: string;
  readonly audience: Audience;
  /** Who the mail is from, in words. */
  readonly sender: string;
}

export function alertMail(event: AlertEvent, { to, audience, sender }: Addressee): OutgoingMail {
  const words = wordsFor(event, audience);
  const content = { ...words, title: oneLine(words.title), actions: [], sender };
  return { to, subject: content.title, text: renderText(content), html: renderHtml(content) };
}

function wordsFor(event: AlertEvent, audience: Audience): Words {
  switch (event.type) {
    case 'quota.threshold_reached':
      return audience === 'admin' ? quotaForAdmin(event.data) : quotaForPartner(event.data);
    case 'credential.expiring':
      return audience === 'admin'
        ? credentialForAdmin(event.data)
        : credentialForPartner(event.data);
    case 'node.lagging':
      return nodeForAdmin(event.data);
  }
}

const PERIOD = { day: 'daily', week: 'weekly', month: 'monthly' } as const;

function quotaForAdmin(data: QuotaThresholdReached): Words {
  const { client, scope, policy, quota, threshold } = data;
  const who = scope.kind === 'client' ? client.name : `${client.name} (profile ${scope.name})`;
  return {
    title: `${who} has used ${data.percent_used} % of its ${PERIOD[quota.period]} quota`,
    before: [
      `${who} has made ${figure(data.used)} of the ${figure(quota.requests)} calls that the policy ${policy.name} allows per ${quota.period} (UTC), and has passed ${threshold} %.`,
      `The quota starts anew at ${time(data.resets_at)}.`,
    ],
    after: [`Client ${client.id}, policy ${policy.id}. This is said once per ${quota.period}.`],
  };
}

function quotaForPartner(data: QuotaThresholdReached): Words {
  const { scope, quota } = data;
  const whose = scope.kind === 'client' ? 'your' : `the ${scope.name} profile's`;
  const isUsedUp = data.used >= quota.requests;
  return {
    title: `You have used ${data.percent_used} % of ${whose} ${PERIOD[quota.period]} API quota`,
    before: [
      `${figure(data.used)} of ${figure(quota.requests)} calls are used.`,
      isUsedUp
        ? `Further calls are answered 429 until the quota starts anew at ${time(data.resets_at)}.`
        : `The quota starts anew at ${time(data.resets_at)}.`,
    ],
    after: ['You can see your usage in the developer portal.'],
  };
}

const credentialForAdmin = (data: CredentialExpiring): Words => ({
  title: `A credential of ${data.client.name} expires in ${inDays(data.days_before)}`,
  before: [
    `The ${credentialName(data)} of ${data.client.name}'s profile ${data.profile.name} (${data.profile.environment}) expires at ${time(data.expires_at)}. Calls with it are refused from then on.`,
  ],
  after: [`Client ${data.client.id}, profile ${data.profile.id}.`],
});

const credentialForPartner = (data: CredentialExpiring): Words => ({
  title: `Your API credential expires in ${inDays(data.days_before)}`,
  before: [
    `The ${credentialName(data)} of your profile ${data.profile.name} (${data.profile.environment}) expires at ${time(data.expires_at)}. Calls with it are refused from then on.`,
  ],
  after: ['Ask your API provider for a new one, and put it in place before then.'],
});

const nodeForAdmin = (data: NodeLagging): Words => ({
  title: `Gateway node ${data.node} lags behind`,
  before: [
    `It runs revision ${data.revision}; ${data.current_revision} is in force (${data.revisions_behind} behind, for ${data.seconds_behind} s). Until it catches up, it decides by the older configuration.`,
    ...(data.stale_reason === null ? [] : [`It says: ${data.stale_reason}`]),
  ],
  after: ['This is said once, until the node has caught up.'],
});

const credentialName = ({ credential }: CredentialExpiring): string =>
  credential.kind === 'token' ? 'token' : `certificate ${credential.subject}`;

const inDays = (days: number): string => (days === 1 ? 'a day or less' : `${days} days or less`);
const figure = (count: number): string => count.toLocaleString('en-US');
const time = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
