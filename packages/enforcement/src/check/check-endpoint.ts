import type { FailureDetail, SnapshotEndpoint } from '@portico/contracts';
import type { TemplateSegment } from '../route/path-template.ts';
import { parseTemplate } from '../route/path-template.ts';
import { missingInTarget } from '../route/upstream-path.ts';

/** Everything that makes an endpoint unenforceable, with paths into it (`target_path`). */
export function checkEndpoint(endpoint: SnapshotEndpoint): readonly FailureDetail[] {
  const template = parseTemplate(endpoint.path);
  if (!template.ok) return [{ path: 'path', message: template.problem }];
  return [...checkTarget(endpoint.target_path, template.segments)];
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
