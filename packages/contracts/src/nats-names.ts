/** Every NATS name, once. Names of nodes and scopes are made safe for subjects by `subjectToken`. */
export const NATS = {
  configBucket: 'portico_config',
  logsStream: 'PORTICO_LOGS',
  logsSubjects: 'portico.logs.*',
  logsConsumer: 'log-ingest',
  deadLetterStream: 'PORTICO_LOGS_DEAD',
  deadLetterSubject: 'portico.dead.logs',
  usageDeadLetterSubject: 'portico.dead.usage',
  usageStream: 'PORTICO_USAGE',
  usageDeltaSubjects: 'portico.usage.delta.*',
  usageConsumer: 'log-ingest-usage',
  usagePressure: 'portico.usage.pressure',
  usageQuery: 'portico.usage.query',
  heartbeats: 'portico.nodes.*',
} as const;

/** One token of a subject: NATS gives `.`, `*`, `>` and white space a meaning. */
export const subjectToken = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_');

export const logsSubject = (node: string): string => `portico.logs.${subjectToken(node)}`;
export const usageDeltaSubject = (node: string): string =>
  `portico.usage.delta.${subjectToken(node)}`;
export const heartbeatSubject = (node: string): string => `portico.nodes.${subjectToken(node)}`;
