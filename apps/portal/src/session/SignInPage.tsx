import { Button, Text, TextInput, Title } from '@mantine/core';
import { Note } from '@portico/ui';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { FormEvent } from 'react';
import { Navigate, useLocation } from 'react-router';
import { isApiError } from '../api/api-error.ts';
import { api, contentOf } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { sessionEnd } from '../api/query-client.ts';
import type { SessionEnd } from '../api/query-client.ts';
import { CheckYourMail } from './CheckYourMail.tsx';
import { emailProblem } from './email.ts';
import { rememberReturnTo } from './return-to.ts';
import { SignInLayout } from './SignInLayout.tsx';
import classes from './SignInLayout.module.css';

export function SignInPage() {
  const { data: session } = useQuery(sessionQuery);
  const [sentTo, setSentTo] = useState<string>();
  const returnTo: unknown = (useLocation().state as { returnTo?: unknown } | null)?.returnTo;
  useEffect(() => rememberReturnTo(returnTo), [returnTo]);
  if (session) return <Navigate to="/" replace />;
  return (
    <SignInLayout title={sentTo ? 'Check your mail' : 'Sign in'}>
      {sentTo ? (
        <CheckYourMail email={sentTo} onChange={() => setSentTo(undefined)} />
      ) : (
        <SignInForm onSent={setSentTo} />
      )}
    </SignInLayout>
  );
}

function SignInForm({ onSent }: { onSent: (email: string) => void }) {
  const [email, setEmail] = useState('');
  const [problem, setProblem] = useState<string>();
  const send = useMutation({
    mutationFn: (address: string) =>
      contentOf(api.POST('/api/v1/developer-portal/request-link', { body: { email: address } })),
    onSuccess: (_answer, address) => onSent(address),
    onError: (error) => setProblem(refusalOf(error)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = emailProblem(email);
    setProblem(wrong);
    if (!wrong) send.mutate(email.trim());
  };
  return (
    <form onSubmit={submit} noValidate>
      <EndedNote why={sessionEnd()} />
      <Title order={1}>Sign in to your APIs</Title>
      <Text c="dimmed" mt="xs" mb="lg">
        Enter your work email. We send you a link; there is no password to remember.
      </Text>
      <TextInput
        label="Work email"
        type="email"
        name="email"
        autoComplete="email"
        placeholder="you@company.com"
        size="md"
        required
        withAsterisk={false}
        autoFocus
        value={email}
        error={problem}
        onChange={(event) => {
          setEmail(event.currentTarget.value);
          setProblem(undefined);
        }}
      />
      <Button type="submit" size="md" fullWidth mt="md" loading={send.isPending}>
        Send me a sign-in link
      </Button>
    </form>
  );
}

const ENDED: Record<SessionEnd, string | undefined> = {
  expired: 'Your session has ended. Sign in again to carry on where you were.',
  revoked:
    'Your access to this portal has been turned off. If you think this is a mistake, ask the person who invited you.',
  'signed-out': 'You have signed out.',
};

function EndedNote({ why }: { why: SessionEnd | undefined }) {
  const words = why && ENDED[why];
  if (!words) return null;
  return (
    <div className={classes.ended}>
      <Note role="status">{words}</Note>
    </div>
  );
}

function refusalOf(error: unknown): string {
  if (isApiError(error, 'validation_failed')) return 'This does not look like an email address.';
  if (isApiError(error)) return error.message;
  return 'The link could not be requested. Please try again.';
}
