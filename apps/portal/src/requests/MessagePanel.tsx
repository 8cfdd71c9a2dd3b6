import { Panel } from '@portico/ui';
import { BodyView } from '../response/BodyView.tsx';
import { headerValue } from '../response/format-body.ts';
import { HeaderList } from '../response/HeaderList.tsx';
import classes from './RequestPage.module.css';

interface MessagePanelProps {
  readonly title: 'Request' | 'Response';
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
  readonly encoding: 'utf8' | 'base64';
  readonly isTruncated: boolean;
}

/** One direction of a recorded call. */
export function MessagePanel(props: MessagePanelProps) {
  const { title, headers, body, encoding, isTruncated } = props;
  return (
    <Panel title={title}>
      <HeaderList headers={headers} />
      <div className={classes.body}>
        {body === null ? (
          <p>No body was recorded.</p>
        ) : (
          <BodyView
            body={{ body, body_encoding: encoding }}
            contentType={headerValue(headers, 'content-type')}
            isTruncated={isTruncated}
            label={`${title} body`}
          />
        )}
      </div>
    </Panel>
  );
}
