import { ActionIcon, Button, Tooltip, VisuallyHidden } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';

interface CopyProps {
  readonly value: string;
  /** Completes the accessible name: "Copy <what>". */
  readonly what: string;
  readonly onCopied?: () => void;
}

const COPIED_FOR_MS = 1600;

/** Copies and says so, to eyes and to screen readers. */
export function CopyButton({ value, what, onCopied }: CopyProps) {
  const clipboard = useClipboard({ timeout: COPIED_FOR_MS });
  const copy = () => {
    clipboard.copy(value);
    onCopied?.();
  };
  return (
    <>
      <Tooltip label={clipboard.copied ? 'Copied' : `Copy ${what}`}>
        <ActionIcon aria-label={`Copy ${what}`} onClick={copy} size="lg">
          {clipboard.copied ? (
            <Check size={16} color="var(--portico-accent-text)" />
          ) : (
            <Copy size={16} />
          )}
        </ActionIcon>
      </Tooltip>
      <CopiedNote copied={clipboard.copied} what={what} />
    </>
  );
}

/** The same with words, for places that have room. */
export function LabelledCopyButton({ value, what, onCopied }: CopyProps) {
  const clipboard = useClipboard({ timeout: COPIED_FOR_MS });
  const copy = () => {
    clipboard.copy(value);
    onCopied?.();
  };
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={clipboard.copied ? <Check size={14} /> : <Copy size={14} />}
        onClick={copy}
        aria-label={`Copy ${what}`}
      >
        {clipboard.copied ? 'Copied' : 'Copy'}
      </Button>
      <CopiedNote copied={clipboard.copied} what={what} />
    </>
  );
}

function CopiedNote({ copied, what }: { copied: boolean; what: string }) {
  return (
    <VisuallyHidden role="status">{copied ? `Copied ${what} to the clipboard` : ''}</VisuallyHidden>
  );
}
