import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { contractSchemas } from '../validation/contract.ts';
import { describeContractFields } from './contract-fields.ts';
import { toOpenApi31 } from './open-api-31.ts';

const DESCRIPTION =
  'Everything an admin, a pipeline or the developer portal does with Portico. Errors are ' +
  '`{"error", "message", "request_id", "details"?}`; lists page with `limit` and `cursor`; writes ' +
  'answer `X-Config-Revision` and, with `Prefer: wait=<seconds>`, once every gateway node applied it.';

/** Without a session, because it is how one is made. */
const OPEN_PORTAL_ROUTES = /\/developer-portal\/(?:request-link|validate-token)$/;

/** The control plane's own OpenAPI 3.1 document, from the controllers and DTOs it runs. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle('Portico control plane')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An admin API key' }, 'admin_key')
    .addCookieAuth('portico_portal', { type: 'apiKey', in: 'cookie' }, 'portal_session')
    .build();
  const document = SwaggerModule.createDocument(app, base, { operationIdFactory });
  describeContractFields(document, contractSchemas());
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of operationsOf(item)) {
      operation.security = securityOf(path);
      operation.parameters = withPathParameters(path, operation.parameters ?? []);
    }
  }
  return toOpenApi31(document);
}

const operationIdFactory = (controller: string, method: string): string => {
  const name = controller.replace(/Controller$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}_${method}`;
};

type Item = OpenAPIObject['paths'][string];
type Operation = NonNullable<Item['get']>;
type Parameters = NonNullable<Operation['parameters']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const operationsOf = (item: Item): Operation[] => METHODS.flatMap((method) => item[method] ?? []);

function securityOf(path: string): NonNullable<Operation['security']> {
  if (OPEN_PORTAL_ROUTES.test(path)) return [];
  return path.includes('/developer-portal/') ? [{ portal_session: [] }] : [{ admin_key: [] }];
}

/** Handlers that take id, body and preconditions as one argument do not name the id by themselves. */
function withPathParameters(path: string, known: Parameters): Parameters {
  const named = new Set(known.flatMap((one) => ('in' in one && one.in === 'path' ? one.name : [])));
  const missing = [...path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name]) =>
    name === undefined || named.has(name)
      ? []
      : [{ name, in: 'path' as const, required: true, schema: { type: 'string' as const } }],
  );
  return [...missing, ...known];
}
