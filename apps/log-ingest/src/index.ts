export { loadLogIngestConfig, type LogIngestConfig } from './config.ts';
export { startLogIngest, type LogIngest } from './start.ts';
