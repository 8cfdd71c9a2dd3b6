import { Button, Kbd } from '@mantine/core';
import { countOf } from '@portico/ui';
import { Send } from 'lucide-react';
import classes from './Console.module.css';

interface SendBarProps {
  readonly isSending: boolean;
  readonly isDisabled: boolean;
  readonly onCancel: () => void;
  readonly problemCount: number;
}

export function SendBar({ isSending, isDisabled, onCancel, problemCount }: SendBarProps) {
  return (
    <div className={classes.send}>
      {isSending ? (
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      ) : (
        <Button type="submit" leftSection={<Send size={15} />} disabled={isDisabled}>
          Send
        </Button>
      )}
      <span role="status" className={problemCount > 0 ? classes.problem : classes.hint}>
        {isSending ? 'Waiting for the answer…' : problemCount > 0 && fixFirst(problemCount)}
      </span>
      {!isSending && problemCount === 0 && (
        <span className={classes.hint}>
          <Kbd>Ctrl</Kbd> + <Kbd>Enter</Kbd>
        </span>
      )}
    </div>
  );
}

const fixFirst = (count: number): string => `Look at ${countOf(count, 'field')} above first.`;
