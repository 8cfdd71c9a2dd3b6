import type { KeyboardEvent, RefObject } from 'react';
import { useRef, useState } from 'react';
import type { EndpointDetail } from '../api/types.ts';
import { ResponseView } from '../response/ResponseView.tsx';
import type { CallInput } from './call-input.ts';
import type { CallPlan } from './call-plan.ts';
import { CertificateGuide } from './CertificateGuide.tsx';
import classes from './Console.module.css';
import { History } from './History.tsx';
import { InputFields } from './InputFields.tsx';
import { JwtGuide } from './JwtGuide.tsx';
import { SendBar } from './SendBar.tsx';
import { TokenField } from './TokenField.tsx';
import type { Auth } from './use-auth.ts';
import { useTry } from './use-try.ts';
import { useTryHistory } from './try-history.ts';

interface ConsoleProps {
  readonly endpoint: EndpointDetail;
  readonly input: CallInput;
  readonly edit: (part: Partial<CallInput>) => void;
  readonly plan: CallPlan;
  readonly auth: Auth;
}

/** Fill in, send, read the answer. Ctrl+Enter (or ⌘+Enter) sends from anywhere inside. */
export function Console({ endpoint, input, edit, plan, auth }: ConsoleProps) {
  const form = useRef<HTMLFormElement>(null);
  const [isChecked, setChecked] = useState(false);
  const attempt = useTry(endpoint, auth);
  const history = useTryHistory(endpoint.id);
  const [shownId, setShownId] = useState<number>();
  const shown = history.find(({ id }) => id === shownId) ?? attempt.latest;
  const isMtls = auth.profile?.auth_type === 'mtls';
  const isTokenMissing = auth.needsToken && auth.accessToken.trim() === '';
  const problems = isTokenMissing
    ? [...plan.problems, { field: 'token', message: 'Paste a token first.' }]
    : plan.problems;

  const send = () => {
    setChecked(true);
    setShownId(undefined);
    if (problems.length > 0) focusFirstProblem(form);
    else if (!isMtls) attempt.send(plan, input);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  };
  const problemOf = (field: string): string | undefined =>
    isChecked ? problems.find((problem) => problem.field === field)?.message : undefined;

  return (
    <div className={classes.console}>
      <form
        ref={form}
        noValidate
        aria-label="Request"
        className={classes.form}
        onKeyDownCapture={onKeyDown}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {auth.needsToken && <TokenField auth={auth} problem={problemOf('token')} />}
        {auth.signing && <JwtGuide signing={auth.signing} />}
        <InputFields endpoint={endpoint} input={input} edit={edit} problemOf={problemOf} />
        {isMtls ? (
          <CertificateGuide plan={plan} auth={auth} />
        ) : (
          <SendBar
            isSending={attempt.isSending}
            onCancel={attempt.cancel}
            problemCount={isChecked ? problems.length : 0}
            isDisabled={auth.profile === undefined}
          />
        )}
      </form>
      <ResponseView attempt={shown} isSending={attempt.isSending} failure={attempt.failure} />
      <History
        entries={history}
        shownId={shown?.id}
        onShow={(entry) => {
          setShownId(entry.id);
          edit(entry.input);
        }}
      />
    </div>
  );
}

/** Once React has marked them: the next frame. */
function focusFirstProblem(form: RefObject<HTMLFormElement | null>): void {
  requestAnimationFrame(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}
