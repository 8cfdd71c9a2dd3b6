import { Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { collectionsQuery, useSession } from '../api/queries.ts';
import { recentCallsQuery } from '../requests/request-log.ts';
import classes from './FirstCall.module.css';
import { firstCallSteps, isLive } from './first-call-steps.ts';
import type { Step, StepId } from './first-call-steps.ts';
import { rememberStep, useRememberedSteps } from './remembered-steps.ts';

/** The way to a first call, ticking itself off; gone on the visits after the last step was done. */
export function FirstCall() {
  const { client } = useSession();
  const remembered = useRememberedSteps(client.id);
  const [wasLive] = useState(remembered.includes('called'));
  const { data: calls } = useQuery(recentCallsQuery);
  const steps = firstCallSteps(calls ?? [], remembered);
  const doneIds = steps.flatMap(({ id, isDone }) => (isDone ? [id] : []));
  const doneKey = doneIds.join(' ');
  useEffect(() => {
    for (const id of doneKey.split(' ') as StepId[]) {
      if (id !== 'signed-in') rememberStep(client.id, id);
    }
  }, [client.id, doneKey]);
  if (wasLive) return null;
  return (
    <Panel
      title={isLive(steps) ? 'You are live' : 'Make your first call'}
      description={
        isLive(steps)
          ? 'Your own system has made its first call.'
          : `${doneIds.length} of ${steps.length} done`
      }
    >
      <ol className={classes.steps}>
        {steps.map((step) => (
          <StepRow
            key={step.id}
            step={step}
            isNext={step === steps.find(({ isDone }) => !isDone)}
          />
        ))}
      </ol>
    </Panel>
  );
}

function StepRow({ step, isNext }: { step: Step; isNext: boolean }) {
  const { title, words } = WORDS[step.id];
  return (
    <li
      className={classes.step}
      data-done={step.isDone || undefined}
      aria-current={isNext ? 'step' : undefined}
    >
      <span className={classes.tick} aria-hidden="true">
        {step.isDone && <Check size={13} strokeWidth={3} />}
      </span>
      <div>
        <p className={classes.title}>
          {title}
          {step.isDone && <span className={classes.done}> (done)</span>}
        </p>
        {!step.isDone && <p className={classes.words}>{words}</p>}
      </div>
    </li>
  );
}

const WORDS: Record<StepId, { title: string; words: ReactNode }> = {
  'signed-in': { title: 'Sign in', words: '' },
  'headers-copied': {
    title: 'Copy your auth headers',
    words: (
      <>
        Open <FirstCollection>an API</FirstCollection>: three headers tell the gateway who you are.
      </>
    ),
  },
  tried: {
    title: 'Send a test call from here',
    words: 'Every endpoint has a console. Fill in what it needs and press Send.',
  },
  called: {
    title: 'Call it from your own system',
    words: 'Take a code sample along. This ticks itself off when your call arrives.',
  },
};

function FirstCollection({ children }: { children: ReactNode }) {
  const first = useQuery(collectionsQuery).data?.[0];
  if (!first) return <>{children}</>;
  return (
    <Link to={`/collections/${first.id}`} className={classes.link}>
      {first.name}
    </Link>
  );
}
