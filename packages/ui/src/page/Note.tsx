import { CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import classes from './Note.module.css';

export type NoteTone = 'info' | 'caution' | 'success';

interface NoteProps {
  readonly tone?: NoteTone;
  readonly title?: string;
  readonly children: ReactNode;
  readonly role?: 'status' | 'alert';
}

const ICONS = { info: Info, caution: TriangleAlert, success: CircleCheck } as const;

/** A remark beside the content: something to know, to mind, or to be glad of. */
export function Note({ tone = 'info', title, children, role }: NoteProps) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.note} data-tone={tone} role={role}>
      <Icon size={18} aria-hidden="true" className={classes.icon} />
      <div className={classes.words}>
        {title && <p className={classes.title}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
