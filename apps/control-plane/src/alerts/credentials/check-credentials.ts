import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { AuthType } from '@portico/contracts';
import type { DataSource } from 'typeorm';
import type { ProfileAuth } from '../../profiles/profile-auth.ts';
import type { CheckContext } from '../check-context.ts';
import { fireNew, type Alert } from '../fire.ts';
import { recipientsOf } from '../recipients.ts';
import { expiringCredentials, type ExpiringCredential } from './expiring-credential.ts';

interface Holder {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly auth_type: AuthType;
  readonly auth: ProfileAuth;
  readonly client_id: string;
  readonly client_name: string;
  readonly client_email: string | null;
  readonly alert_partner: boolean;
}

/** Reading a certificate takes tens of microseconds; this many keep the event loop free. */
const HOLDERS_PER_TURN = 200;

/** Looks at every credential that ends some day: tokens with an end, and pinned certificates. */
export async function checkCredentials(context: CheckContext): Promise<number> {
  const { dataSource, nowMs } = context;
  let fired = 0;
  let holders = await readHolders(dataSource, '');
  while (holders.length > 0) {
    const alerts = holders.flatMap((holder) => alertsOf(holder, context));
    fired += await fireNew(dataSource, alerts, new Date(nowMs));
    await yieldToLoop();
    holders = await readHolders(dataSource, holders.at(-1)!.id);
  }
  return fired;
}

/** The partner is told where the policy that its calls count against says so. */
const readHolders = (dataSource: DataSource, after: string): Promise<Holder[]> =>
  dataSource.query(
    `select f.id, f.name, f.environment, f.auth_type, f.auth, c.id as client_id,
            c.name as client_name, c.email as client_email,
            coalesce(p.alert_partner, false) as alert_partner
     from profiles f join clients c on c.id = f.client_id
       left join policies p on p.id = coalesce(f.policy_id, c.policy_id)
     where f.id > $1 and f.active and c.active
       and (f.auth_type = 'mtls' or (f.auth_type = 'token' and f.auth ? 'expires_at'))
     order by f.id limit $2`,
    [after, HOLDERS_PER_TURN],
  );

function alertsOf(holder: Holder, { nowMs, adminEmail }: CheckContext): Alert[] {
  const partner = { email: holder.client_email, isTold: holder.alert_partner };
  const recipients = recipientsOf(adminEmail, partner);
  return expiringCredentials(holder, nowMs).map((expiring) => ({
    key: keyOf(holder, expiring),
    event: {
      type: 'credential.expiring',
      data: {
        client: { id: holder.client_id, name: holder.client_name },
        profile: { id: holder.id, name: holder.name, environment: holder.environment },
        credential: expiring.credential,
        expires_at: new Date(expiring.expiresAtMs).toISOString(),
        days_before: expiring.daysBefore,
      },
    },
    recipients,
  }));
}

/** With the end in it: a credential that is given more time is told of again. */
function keyOf(
  holder: Holder,
  { credential, expiresAtMs, daysBefore }: ExpiringCredential,
): string {
  const which = credential.kind === 'token' ? 'token' : credential.sha256;
  const end = new Date(expiresAtMs).toISOString();
  return ['credential', holder.id, which, end, daysBefore].join(' ');
}
