import type { TemplateSegment } from './path-template.ts';
import type { RequestPath } from './request-path.ts';

/** Makes the path below the upstream's URL out of a request path that matched. Starts with `/`. */
export type PathBuilder = (path: RequestPath, baseDepth: number) => string;

/** Without a target the rest below the base path goes upstream exactly as it was matched. */
export const sameAsMatched =
  (template: readonly TemplateSegment[]): PathBuilder =>
  (path, baseDepth) => {
    const below = baseDepth === 0 ? path.text : path.text.slice(path.ends[baseDepth - 1]);
    const keepsSlash = path.hasTrailingSlash && template.at(-1)?.kind === 'wildcard';
    return below === '' ? '/' : keepsSlash ? `${below}/` : below;
  };

/** Fills the target's parameters with what stood at the same names in the matched path. */
export function rewrittenTo(
  template: readonly TemplateSegment[],
  target: readonly TemplateSegment[],
): PathBuilder {
  const sources = target.map((segment) => sourceOf(segment, template));
  const keepsSlash = target.at(-1)?.kind === 'wildcard';
  return (path, baseDepth) => {
    let out = '';
    for (const source of sources) {
      if (typeof source === 'string') out += source;
      else if (source.rest) {
        const rest = path.segments.slice(baseDepth + source.at).join('/');
        if (rest !== '') out += `/${rest}`;
      } else out += `/${path.segments[baseDepth + source.at] ?? ''}`;
    }
    if (keepsSlash && path.hasTrailingSlash) out += '/';
    return out === '' ? '/' : out;
  };
}

type Source = string | { readonly at: number; readonly rest: boolean };

function sourceOf(segment: TemplateSegment, template: readonly TemplateSegment[]): Source {
  if (segment.kind === 'literal') return `/${segment.text}`;
  const at = template.findIndex((own) =>
    segment.kind === 'wildcard'
      ? own.kind === 'wildcard'
      : own.kind === 'parameter' && own.name === segment.name,
  );
  return { at, rest: segment.kind === 'wildcard' };
}

/** What a target names that the path does not provide; empty = fits. */
export function missingInTarget(
  template: readonly TemplateSegment[],
  target: readonly TemplateSegment[],
): readonly string[] {
  return target
    .filter((segment) => segment.kind !== 'literal' && isMissing(sourceOf(segment, template)))
    .map((segment) => (segment.kind === 'parameter' ? `{${segment.name}}` : '*'));
}

const isMissing = (source: Source): boolean => typeof source !== 'string' && source.at === -1;
