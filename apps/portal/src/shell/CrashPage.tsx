import { Button, Container } from '@mantine/core';
import { MessageState, Panel } from '@portico/ui';
import { CircleAlert } from 'lucide-react';
import { SupportContact } from './branding.tsx';

/** The last resort: a page failed to render, or its code could not be fetched. */
export function CrashPage() {
  return (
    <Container size="sm" py="xl" component="main">
      <Panel>
        <MessageState
          isPage
          role="alert"
          icon={<CircleAlert size={22} />}
          title="This page stopped working"
          actions={<Button onClick={() => window.location.reload()}>Reload the page</Button>}
        >
          Reloading usually helps: the portal may just have been updated. If it stays, tell{' '}
          <SupportContact />.
        </MessageState>
      </Panel>
    </Container>
  );
}
