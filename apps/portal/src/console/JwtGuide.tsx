import { Accordion, ActionIcon, Tooltip } from '@mantine/core';
import { CodeBlock, CopyButton, maskSecret } from '@portico/ui';
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import type { SigningGuide } from '../api/types.ts';
import classes from './JwtGuide.module.css';
import { signingSample } from './signing-sample.ts';

/** How to make the token oneself. Send signs one for the person wherever the portal can. */
export function JwtGuide({ signing }: { signing: SigningGuide }) {
  return (
    <Accordion variant="contained" chevronPosition="right">
      <Accordion.Item value="how">
        <Accordion.Control>How to sign your own {signing.algorithm} token</Accordion.Control>
        <Accordion.Panel>
          <p className={classes.words}>{signing.instructions}</p>
          {signing.secret !== null && (
            <>
              <p className={classes.words}>The signing secret:</p>
              <Secret secret={signing.secret} />
            </>
          )}
          <p className={classes.words}>The claims to sign:</p>
          <CodeBlock label="JWT claims" code={JSON.stringify(signing.claims, null, 2)} />
          <p className={classes.words}>In Node, with the package “jose”:</p>
          <CodeBlock label="signing sample" code={signingSample(signing)} />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

function Secret({ secret }: { secret: string }) {
  const [isShown, setShown] = useState(false);
  const action = `${isShown ? 'Hide' : 'Reveal'} the signing secret`;
  return (
    <p className={classes.secret}>
      <code>{isShown ? secret : maskSecret(secret)}</code>
      <Tooltip label={action}>
        <ActionIcon size="lg" aria-label={action} onClick={() => setShown(!isShown)}>
          {isShown ? <EyeOff size={16} /> : <Eye size={16} />}
        </ActionIcon>
      </Tooltip>
      <CopyButton value={secret} what="the signing secret" />
    </p>
  );
}
