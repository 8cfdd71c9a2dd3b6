import { Tabs } from '@mantine/core';
import { CodeBlock, Panel, Tag } from '@portico/ui';
import type { EndpointDetail, JsonSchema } from '../api/types.ts';
import { AUTH_LABEL } from '../profile/auth-type.ts';
import { describeSchema } from './describe-schema.ts';
import { examplesOf } from './examples.ts';
import type { NamedExample } from './examples.ts';
import { ParameterList } from './ParameterList.tsx';
import { SchemaTree } from './SchemaTree.tsx';
import classes from './EndpointDocs.module.css';

/** What the endpoint wants and answers, from the same definition the gateway checks against. */
export function EndpointDocs({ endpoint }: { endpoint: EndpointDetail }) {
  return (
    <>
      <Panel title="Parameters">
        {endpoint.parameters.length === 0 ? (
          <p className={classes.none}>This endpoint takes no parameters.</p>
        ) : (
          <ParameterList parameters={endpoint.parameters} />
        )}
      </Panel>
      <BodyPanel
        title="Request body"
        schema={endpoint.request_schema}
        examples={examplesOf(endpoint, 'request')}
      />
      <BodyPanel
        title="Response body"
        schema={endpoint.response_schema}
        examples={examplesOf(endpoint, 'response')}
      />
      <Panel title="Accepted credentials">
        <p className={classes.tags}>
          {endpoint.allowed_auth_types.map((type) => (
            <Tag key={type} mono>
              {AUTH_LABEL[type]}
            </Tag>
          ))}
        </p>
      </Panel>
    </>
  );
}

interface BodyPanelProps {
  readonly title: string;
  readonly schema: JsonSchema | null;
  readonly examples: readonly NamedExample[];
}

function BodyPanel({ title, schema, examples }: BodyPanelProps) {
  if (schema === null && examples.length === 0) return null;
  const tree = schema !== null && <SchemaTree field={describeSchema(schema)} />;
  const list = examples.map(({ name, text }) => (
    <CodeBlock key={name} code={text} label={`${title}: ${name}`} maxHeight={420} />
  ));
  if (!tree || list.length === 0) {
    return <Panel title={title}>{tree || <div className={classes.examples}>{list}</div>}</Panel>;
  }
  return (
    <Panel title={title}>
      <Tabs defaultValue="fields">
        <Tabs.List aria-label={title} mb="md">
          <Tabs.Tab value="fields">Fields</Tabs.Tab>
          <Tabs.Tab value="example">{list.length === 1 ? 'Example' : 'Examples'}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="fields">{tree}</Tabs.Panel>
        <Tabs.Panel value="example">
          <div className={classes.examples}>{list}</div>
        </Tabs.Panel>
      </Tabs>
    </Panel>
  );
}
