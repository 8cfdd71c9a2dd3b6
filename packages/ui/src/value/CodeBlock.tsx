import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import { LabelledCopyButton } from './CopyButton.tsx';
import classes from './CodeBlock.module.css';

interface CodeBlockProps {
  readonly code: string;
  /** Names the block to screen readers, and completes "Copy …". */
  readonly label: string;
  /** Shown in place of `code`, e.g. with a secret masked; the copy button still copies `code`. */
  readonly shown?: string;
  readonly actions?: ReactNode;
  readonly onCopied?: () => void;
  readonly maxHeight?: number;
}

/** Code that scrolls inside itself, reachable by keyboard, with a copy button. */
export function CodeBlock({ code, label, shown, actions, onCopied, maxHeight }: CodeBlockProps) {
  return (
    <Box className={classes.block}>
      <div className={classes.actions}>
        {actions}
        <LabelledCopyButton value={code} what={label} {...(onCopied ? { onCopied } : {})} />
      </div>
      <pre
        className={classes.code}
        style={maxHeight ? { maxHeight } : undefined}
        tabIndex={0}
        role="group"
        aria-label={label}
      >
        <code>{shown ?? code}</code>
      </pre>
    </Box>
  );
}
