import { Button, Code } from '@mantine/core';
import { MessageState } from '@portico/ui';
import { CircleAlert, CloudOff, RotateCw } from 'lucide-react';
import { ApiError } from '../api/api-error.ts';
import { SupportContact } from './branding.tsx';

interface ErrorPanelProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** Nothing else is on the page. */
  readonly isPage?: boolean;
}

/** A part of a page that could not be loaded: what happened, and another try. */
export function ErrorPanel({ error, onRetry, isPage = false }: ErrorPanelProps) {
  const api = error instanceof ApiError ? error : undefined;
  const isUnreachable = api?.status === 0;
  return (
    <MessageState
      isPage={isPage}
      role="alert"
      icon={isUnreachable ? <CloudOff size={22} /> : <CircleAlert size={22} />}
      title={isUnreachable ? 'The portal cannot be reached' : 'This could not be loaded'}
      actions={
        onRetry && (
          <Button variant="default" leftSection={<RotateCw size={15} />} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {isUnreachable
        ? 'Check your connection. Your API traffic does not depend on this portal.'
        : (api?.message ?? 'Something unexpected happened.')}
      {api?.requestId && (
        <>
          {' '}
          If it stays, tell <SupportContact /> this id: <Code>{api.requestId}</Code>
        </>
      )}
    </MessageState>
  );
}
