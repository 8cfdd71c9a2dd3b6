export { loadGatewayConfig } from './config.ts';
export type { GatewayConfig, Limits } from './config.ts';
export { startGateway } from './gateway.ts';
export type { Gateway, GatewayDependencies } from './gateway.ts';
