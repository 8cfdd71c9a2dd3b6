import { Anchor, Button, List, Text, Title } from '@mantine/core';
import { MailCheck } from 'lucide-react';
import { useEffect, useRef } from 'react';
import classes from './CheckYourMail.module.css';

/** The same words for every address on earth: nobody learns here who is a partner. */
export function CheckYourMail({ email, onChange }: { email: string; onChange: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div>
      <div className={classes.icon} aria-hidden="true">
        <MailCheck size={26} />
      </div>
      <Title order={1} ref={heading} tabIndex={-1}>
        Check your mail
      </Title>
      <Text mt="xs" mb="lg">
        If <strong>{email}</strong> is registered, a sign-in link is on its way. It works once, for
        30 minutes.
      </Text>
      <List size="sm" c="dimmed" spacing="xs">
        <List.Item>Registered for several companies? You get one labelled link for each.</List.Item>
        <List.Item>Nothing after a few minutes? Look in spam, and check the address.</List.Item>
      </List>
      <Button variant="default" mt="xl" onClick={onChange}>
        Use another address
      </Button>
      <Text size="sm" mt="md">
        <Anchor component="button" type="button" onClick={onChange}>
          Send the link again
        </Anchor>
      </Text>
    </div>
  );
}
