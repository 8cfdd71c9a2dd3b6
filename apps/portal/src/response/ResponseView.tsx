import { Loader, Tabs } from '@mantine/core';
import { formatBytes, formatDuration, reasonPhrase, StatusBadge } from '@portico/ui';
import { Link } from 'react-router';
import type { TryResponse } from '../api/types.ts';
import type { TryEntry } from '../console/try-history.ts';
import { readRefusal } from '../refusals/read-refusal.ts';
import { RefusalNote } from '../refusals/RefusalNote.tsx';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { BodyView } from './BodyView.tsx';
import { bodySize, headerValue } from './format-body.ts';
import { HeaderList } from './HeaderList.tsx';
import classes from './ResponseView.module.css';

interface ResponseViewProps {
  readonly attempt: TryEntry | undefined;
  readonly isSending: boolean;
  readonly failure: unknown;
}

export function ResponseView({ attempt, isSending, failure }: ResponseViewProps) {
  if (isSending) {
    return (
      <div className={classes.waiting}>
        <Loader size="sm" type="dots" aria-hidden="true" />
      </div>
    );
  }
  if (failure && !attempt) return <ErrorPanel error={failure} />;
  return attempt ? <Answer response={attempt.response} /> : null;
}

function Answer({ response }: { response: TryResponse }) {
  const refusal = readRefusal(response);
  const retryAfter = headerValue(response.headers, 'retry-after');
  return (
    <section aria-label="Response" className={classes.answer}>
      <div className={classes.facts} role="status">
        <StatusBadge status={response.status} text={reasonPhrase(response.status)} />
        <span>{formatDuration(response.latency_ms)}</span>
        <span>{formatBytes(bodySize(response))}</span>
        {/^\d+$/.test(retryAfter) && <span>try again in {retryAfter} s</span>}
        <Link
          to={`/requests/${encodeURIComponent(response.request_id)}`}
          className={classes.record}
          title="Open its log record"
        >
          {response.request_id}
        </Link>
      </div>
      {refusal && <RefusalNote refusal={refusal} />}
      <Tabs defaultValue="body">
        <Tabs.List aria-label="Response" mb="sm">
          <Tabs.Tab value="body">Body</Tabs.Tab>
          <Tabs.Tab value="headers">Headers ({response.headers.length})</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="body">
          <BodyView
            body={response}
            contentType={headerValue(response.headers, 'content-type')}
            isTruncated={response.truncated}
            label="Response body"
          />
        </Tabs.Panel>
        <Tabs.Panel value="headers">
          <HeaderList headers={response.headers} />
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}
