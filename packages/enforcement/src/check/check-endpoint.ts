import type { FailureDetail, JsonSchema, SnapshotEndpoint } from '@portico/contracts';
import type { TemplateSegment } from '../route/path-template.ts';
import { parseTemplate } from '../route/path-template.ts';
import { missingInTarget } from '../route/upstream-path.ts';
import { compileBodySchema } from '../validate/body-schema.ts';
import { checkParameterDefinitions } from './check-parameter.ts';

/** Everything that makes an endpoint unenforceable, with paths into it (`target_path`). */
export function checkEndpoint(endpoint: SnapshotEndpoint): readonly FailureDetail[] {
  const template = parseTemplate(endpoint.path);
  if (!template.ok) return [{ path: 'path', message: template.problem }];
  return [
    ...checkTarget(endpoint.target_path, template.segments),
    ...checkParameterDefinitions(endpoint.parameters, template.segments),
    ...checkJsonSchema(endpoint.request_schema).map((message) => ({
      path: 'request_schema',
      message,
    })),
  ];
}

/** What makes a JSON Schema unusable here; empty = it compiles. Absent is fine. */
export function checkJsonSchema(schema: JsonSchema | undefined): readonly string[] {
  if (schema === undefined) return [];
  const compiled = compileBodySchema(schema);
  return compiled.ok ? [] : [compiled.problem];
}

/** What is wrong with an endpoint's path, in words an admin can act on. */
export function checkPathTemplate(path: string): readonly string[] {
  const template = parseTemplate(path);
  return template.ok ? [] : [template.problem];
}

function checkTarget(
  target: string | undefined,
  template: readonly TemplateSegment[],
): readonly FailureDetail[] {
  if (target === undefined) return [];
  const parsed = parseTemplate(target);
  if (!parsed.ok) return [{ path: 'target_path', message: parsed.problem }];
  return missingInTarget(template, parsed.segments).map((name) => ({
    path: 'target_path',
    message: `uses ${name}, which the path does not have`,
  }));
}
