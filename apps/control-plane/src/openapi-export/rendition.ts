import { stringify } from 'yaml';
import { toOpenApiDocument } from './document.ts';
import type { ExportableCollection, ExportTarget } from './exportable.ts';

export const OPENAPI_FORMATS = ['json', 'yaml'] as const;
export type OpenApiFormat = (typeof OPENAPI_FORMATS)[number];

/** A file to download. */
export interface Rendition {
  readonly contentType: string;
  readonly fileName: string;
  readonly text: string;
}

export function renderOpenApi(
  collection: ExportableCollection,
  target: ExportTarget & { readonly format: OpenApiFormat },
): Rendition {
  const document = toOpenApiDocument(collection, target);
  const fileName = `${collection.id}-openapi-${target.version}.${target.format}`;
  if (target.format === 'json') {
    return {
      contentType: 'application/json; charset=utf-8',
      fileName,
      text: `${JSON.stringify(document, null, 2)}\n`,
    };
  }
  return {
    contentType: 'application/yaml; charset=utf-8',
    fileName,
    text: stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 }),
  };
}
