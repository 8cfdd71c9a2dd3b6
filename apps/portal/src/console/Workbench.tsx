import { Panel } from '@portico/ui';
import { useReducer } from 'react';
import type { EndpointDetail } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { CodeSamples } from '../samples/CodeSamples.tsx';
import { initialInput } from './call-input.ts';
import type { CallInput } from './call-input.ts';
import { planCall } from './call-plan.ts';
import { Console } from './Console.tsx';
import { useAuth } from './use-auth.ts';

const change = (input: CallInput, part: Partial<CallInput>): CallInput => ({ ...input, ...part });

/** Console and samples share one input, so a sample is always the call that Send would make. */
export function Workbench({ endpoint }: { endpoint: EndpointDetail }) {
  const { active } = useActiveProfile();
  const [input, edit] = useReducer(change, endpoint, (opened) => initialInput(opened));
  const auth = useAuth(active);
  const plan = planCall(endpoint, input);
  return (
    <>
      <Panel
        title={active?.auth_type === 'mtls' ? 'Call it' : 'Try it'}
        description={active && `As “${active.name}”, in ${active.environment}`}
      >
        <Console endpoint={endpoint} input={input} edit={edit} plan={plan} auth={auth} />
      </Panel>
      <Panel title="Code samples" description="The call above, with your real headers">
        <CodeSamples plan={plan} auth={auth} />
      </Panel>
    </>
  );
}
