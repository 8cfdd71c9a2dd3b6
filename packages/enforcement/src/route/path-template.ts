import { parseRequestPath } from './request-path.ts';

/** One segment of an endpoint's path: literal text, `{name}`, or a trailing `*`. */
export type TemplateSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'wildcard' };

export type ParsedTemplate =
  | { readonly ok: true; readonly segments: readonly TemplateSegment[] }
  | { readonly ok: false; readonly problem: string };

const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_.-]{0,63})\}$/;

/** Reads `/orders/{order_id}` or `/files/*`; says what is wrong in words an admin can act on. */
export function parseTemplate(template: string): ParsedTemplate {
  if (!template.startsWith('/')) return refuse('must start with /');
  if (template === '/') return { ok: true, segments: [] };
  const texts = template.slice(1).split('/');
  const segments: TemplateSegment[] = [];
  const names = new Set<string>();
  for (const [at, text] of texts.entries()) {
    const segment = parseSegment(text, at === texts.length - 1);
    if (typeof segment === 'string') return refuse(segment);
    if (segment.kind === 'parameter' && names.size === names.add(segment.name).size) {
      return refuse(`names the parameter {${segment.name}} twice`);
    }
    segments.push(segment);
  }
  return { ok: true, segments };
}

function parseSegment(text: string, isLast: boolean): TemplateSegment | string {
  if (text === '') return 'must not have empty segments or a trailing slash';
  if (text === '*') return isLast ? { kind: 'wildcard' } : 'may have * only as its last segment';
  const name = PARAMETER.exec(text)?.[1];
  if (name !== undefined) return { kind: 'parameter', name };
  if (/[{}*]/.test(text)) {
    return `has "${text}": a parameter {name} or a trailing * must be a whole segment`;
  }
  const literal = parseRequestPath(`/${text}`);
  if (literal === null) return `has "${text}", which no request path can contain`;
  return { kind: 'literal', text: literal.text.slice(1) };
}

const refuse = (problem: string): ParsedTemplate => ({ ok: false, problem });

/** The same for all templates that match the same paths: `/orders/{id}` → `/orders/{}`. */
export const shapeOf = (segments: readonly TemplateSegment[]): string =>
  `/${segments.map(shapeOfSegment).join('/')}`;

function shapeOfSegment(segment: TemplateSegment): string {
  switch (segment.kind) {
    case 'literal':
      return segment.text;
    case 'parameter':
      return '{}';
    case 'wildcard':
      return '*';
  }
}
