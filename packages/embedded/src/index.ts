export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedOptions } from './postgres.ts';
