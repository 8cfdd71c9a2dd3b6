import { Anchor } from '@mantine/core';
import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Clock } from 'lucide-react';
import { Link, useParams } from 'react-router';
import { isApiError } from '../api/api-error.ts';
import type { LogDetail } from '../api/types.ts';
import { readRefusal } from '../refusals/read-refusal.ts';
import { RefusalNote } from '../refusals/RefusalNote.tsx';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { Page } from '../shell/Page.tsx';
import { MessagePanel } from './MessagePanel.tsx';
import { RecordFacts } from './RecordFacts.tsx';
import { requestDetailQuery } from './request-log.ts';
import classes from './RequestPage.module.css';

/** One call, whole: what was sent, what came back, and why. */
export function RequestPage() {
  const { requestId = '' } = useParams();
  return (
    <Page
      title="Request"
      above={
        <Anchor component={Link} to="/requests" inherit>
          Requests
        </Anchor>
      }
      description={<code>{requestId}</code>}
    >
      <Record key={requestId} requestId={requestId} />
    </Page>
  );
}

function Record({ requestId }: { requestId: string }) {
  const { data, error, refetch } = useQuery(requestDetailQuery(requestId));
  if (data) return <Whole record={data} />;
  if (isApiError(error, 'not_found')) return <NoRecord />;
  return (
    <Panel>
      {error ? (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows rows={5} />
      )}
    </Panel>
  );
}

function NoRecord() {
  return (
    <Panel>
      <MessageState icon={<Clock size={22} />} title="There is no such record">
        Compare the id. Records appear a second or two after the call, and are deleted when their
        time is over.
      </MessageState>
    </Panel>
  );
}

function Whole({ record }: { record: LogDetail }) {
  const refusal = readRefusal({
    status: record.status,
    body: record.response_body ?? '',
    body_encoding: record.response_body_encoding,
    request_id: record.request_id,
  });
  return (
    <div className={classes.stack}>
      <RecordFacts record={record} />
      {refusal && <RefusalNote refusal={refusal} />}
      <div className={classes.sides}>
        <MessagePanel
          title="Request"
          headers={record.request_headers}
          body={record.request_body}
          encoding={record.request_body_encoding}
          isTruncated={record.truncated}
        />
        <MessagePanel
          title="Response"
          headers={record.response_headers}
          body={record.response_body}
          encoding={record.response_body_encoding}
          isTruncated={record.truncated}
        />
      </div>
    </div>
  );
}
