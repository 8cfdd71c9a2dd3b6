import type { DataSource } from 'typeorm';
import type { ComposedMail } from '../../mail/mail.ts';
import type { Audience } from '../alert-mail.entity.ts';
import type { AlertEvent } from '../alert.entity.ts';
import { alertMail } from './alert-mail-text.ts';

export const ALERT_MAIL = 'alert';

/** All that rests in the mail queue. */
export interface AlertMailJob {
  readonly id: string;
}

const POSTED_PER_ROUND = 500;
/** Longer than the mail queue goes on trying: what is unsent after that was lost with a process. */
const POST_AGAIN_AFTER_MS = 10 * 60_000;
/** News of yesterday is no news. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** Hands over what is owed and not sent; answers which. Each goes to one caller only. */
export async function takeUnposted(dataSource: DataSource, nowMs: number): Promise<string[]> {
  const [rows] = (await dataSource.query(
    `update alert_mails set posted_at = $1 where id in (
       select id from alert_mails
       where sent_at is null and created_at > $2 and (posted_at is null or posted_at <= $3)
       order by created_at limit $4 for update skip locked)
     returning id`,
    [
      new Date(nowMs),
      new Date(nowMs - GIVE_UP_AFTER_MS),
      new Date(nowMs - POST_AGAIN_AFTER_MS),
      POSTED_PER_ROUND,
    ],
  )) as [{ id: string }[], number];
  return rows.map(({ id }) => id);
}

/** Writes the mail when its turn comes. Marked as sent first, so that a job twice is a mail once. */
export async function composeAlertMail(
  dataSource: DataSource,
  { id }: AlertMailJob,
  sender: string,
): Promise<ComposedMail | null> {
  const [rows] = (await dataSource.query(
    `update alert_mails set sent_at = now() where id = $1 and sent_at is null
     returning recipient, audience, event`,
    [id],
  )) as [{ recipient: string; audience: Audience; event: AlertEvent }[], number];
  const [row] = rows;
  if (row === undefined) return null;
  const { recipient: to, audience, event } = row;
  return {
    mail: alertMail(event, { to, audience, sender }),
    undo: async () => {
      await dataSource.query('update alert_mails set sent_at = null where id = $1', [id]);
    },
  };
}
