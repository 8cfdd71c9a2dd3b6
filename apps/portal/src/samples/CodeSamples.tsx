import { Button, Tabs } from '@mantine/core';
import { CodeBlock, LoadingRows, maskSecret } from '@portico/ui';
import { useLocalStorage } from '@mantine/hooks';
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { useSession } from '../api/queries.ts';
import type { CallPlan } from '../console/call-plan.ts';
import { toSampleCall } from '../console/sample-of-plan.ts';
import type { Auth } from '../console/use-auth.ts';
import { rememberStep } from '../dashboard/remembered-steps.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import classes from './CodeSamples.module.css';
import type { SampleCall } from './sample-call.ts';
import { LANGUAGES } from './samples.ts';

/** The planned call in the language of choice. Shown with the secret masked; copied whole. */
export function CodeSamples({ plan, auth }: { plan: CallPlan; auth: Auth }) {
  const { client } = useSession();
  const [language, setLanguage] = useLocalStorage<string>({
    key: 'portico.sample-language',
    defaultValue: 'curl',
  });
  const [isRevealed, setRevealed] = useState(false);
  if (auth.error && auth.headers.length === 0) return <ErrorPanel error={auth.error} />;
  if (auth.isPending) return <LoadingRows rows={2} />;
  const real = toSampleCall(plan, auth);
  const hasSecret = real.headers.some(isAuthorization);
  return (
    <Tabs value={language} onChange={(chosen) => setLanguage(chosen ?? 'curl')} keepMounted={false}>
      <Tabs.List aria-label="Language" mb="sm" className={classes.languages ?? ''}>
        {LANGUAGES.map(({ id, label }) => (
          <Tabs.Tab key={id} value={id}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {LANGUAGES.map(({ id, label, write }) => (
        <Tabs.Panel key={id} value={id}>
          <CodeBlock
            label={`${label} sample`}
            code={write(real)}
            shown={write(isRevealed ? real : masked(real))}
            maxHeight={460}
            onCopied={() => rememberStep(client.id, 'headers-copied')}
            actions={hasSecret && <RevealButton isRevealed={isRevealed} onToggle={setRevealed} />}
          />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

interface RevealButtonProps {
  readonly isRevealed: boolean;
  readonly onToggle: (isRevealed: boolean) => void;
}

function RevealButton({ isRevealed, onToggle }: RevealButtonProps) {
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={isRevealed ? <EyeOff size={14} /> : <Eye size={14} />}
      onClick={() => onToggle(!isRevealed)}
    >
      {isRevealed ? 'Hide secret' : 'Reveal secret'}
    </Button>
  );
}

const isAuthorization = ({ name }: { name: string }): boolean =>
  name.toLowerCase() === 'authorization';

const masked = (call: SampleCall): SampleCall => ({
  ...call,
  headers: call.headers.map((header) =>
    isAuthorization(header) ? { ...header, value: maskSecret(header.value) } : header,
  ),
});
