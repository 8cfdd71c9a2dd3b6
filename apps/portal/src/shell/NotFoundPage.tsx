import { Button } from '@mantine/core';
import { MessageState, Panel } from '@portico/ui';
import { Compass } from 'lucide-react';
import { Link } from 'react-router';
import { Page } from './Page.tsx';

/** Also for what exists but is not this client's: the two must look the same. */
export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <Panel>
        <MessageState
          icon={<Compass size={22} />}
          title="There is nothing at this address"
          actions={
            <Button component={Link} to="/">
              Back to your APIs
            </Button>
          }
        >
          The link may be old, or what it pointed to is not part of your contract.
        </MessageState>
      </Panel>
    </Page>
  );
}
