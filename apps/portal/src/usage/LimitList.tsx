import { formatClock, formatCompact, formatNumber, formatRelative, useNow } from '@portico/ui';
import { useId } from 'react';
import type { UsageLimit } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { isUnknown, limitLevel, limitSource, limitTitle } from './limit-words.ts';
import classes from './LimitList.module.css';

/** Every limit as a bar, with what is left, when it is free again, and how fresh the figure is. */
export function LimitList({ limits }: { limits: readonly UsageLimit[] }) {
  if (limits.length === 0) {
    return <p className={classes.none}>Your contract sets no limits. Calls are still counted.</p>;
  }
  return (
    <ul className={classes.list}>
      {limits.map((limit) => (
        <li key={`${limit.scope.id} ${limit.kind} ${limit.name}`}>
          <Limit limit={limit} />
        </li>
      ))}
    </ul>
  );
}

function Limit({ limit }: { limit: UsageLimit }) {
  const { profiles } = useActiveProfile();
  const owner = profiles.find(({ id }) => id === limit.scope.id)?.name;
  const title = owner ? `${limitTitle(limit)}, ${owner}` : limitTitle(limit);
  return isUnknown(limit) ? (
    <UnknownLimit limit={limit} title={title} />
  ) : (
    <LimitBar limit={limit} title={title} />
  );
}

interface TitledLimit {
  readonly limit: UsageLimit;
  readonly title: string;
}

/** A bar would say that nothing is used. */
function UnknownLimit({ limit, title }: TitledLimit) {
  return (
    <>
      <div className={classes.words}>
        <span className={classes.title}>{title}</span>
        <span className="portico-tabular">at most {formatCompact(limit.limit)}</span>
      </div>
      <div className={classes.notes}>
        What is used is not known right now. The limit holds all the same.
      </div>
    </>
  );
}

function LimitBar({ limit, title }: TitledLimit) {
  const nowMs = useNow(5_000);
  const notesId = useId();
  const level = limitLevel(limit);
  const share = Math.min(1, limit.used / limit.limit);
  return (
    <>
      <div className={classes.words}>
        <span className={classes.title}>{title}</span>
        <span className="portico-tabular">
          <strong>{formatNumber(limit.used)}</strong> of {formatCompact(limit.limit)}
        </span>
      </div>
      <div
        className={classes.track}
        role="meter"
        aria-label={title}
        aria-describedby={notesId}
        aria-valuemin={0}
        aria-valuemax={limit.limit}
        aria-valuenow={Math.min(limit.used, limit.limit)}
        aria-valuetext={`${formatNumber(limit.used)} of ${formatNumber(limit.limit)}`}
      >
        <div className={classes.fill} data-level={level} style={{ width: `${share * 100}%` }} />
      </div>
      <div className={classes.notes} id={notesId}>
        <span className={classes.left}>
          {level === 'over' ? 'Used up. ' : `${formatNumber(limit.limit - limit.used)} left. `}
          {limit.used > 0 && `Free again ${whenFree(Date.parse(limit.resets_at), nowMs)}.`}
        </span>{' '}
        <span className="portico-tabular">
          {limitSource(limit, nowMs)}
          {limit.as_of !== null && <AsOf at={limit.as_of} nowMs={nowMs} />}
        </span>
      </div>
    </>
  );
}

const AsOf = ({ at, nowMs }: { at: string; nowMs: number }) => (
  <>
    , as of <time dateTime={at}>{formatClock(at, nowMs)}</time>
  </>
);

/** The figure may be some seconds old: what should be free by now is said to be so in a moment. */
const whenFree = (resetsMs: number, nowMs: number): string =>
  resetsMs - nowMs < 5_000 ? 'in a moment' : formatRelative(resetsMs, nowMs);
