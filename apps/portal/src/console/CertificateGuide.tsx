import { CodeBlock, Note } from '@portico/ui';
import { curlSample } from '../samples/curl.ts';
import type { CallPlan } from './call-plan.ts';
import { toSampleCall } from './sample-of-plan.ts';
import type { Auth } from './use-auth.ts';

/** The certificate is on the partner's machine, so the call has to come from there. */
export function CertificateGuide({ plan, auth }: { plan: CallPlan; auth: Auth }) {
  return (
    <>
      <Note title="Run this one on your machine">
        This profile proves itself with a client certificate, which a web page cannot present. The
        command is complete: put <code>client.crt</code> and <code>client.key</code> beside it.
      </Note>
      <CodeBlock label="curl command" code={curlSample(toSampleCall(plan, auth))} />
    </>
  );
}
