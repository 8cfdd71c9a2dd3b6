export { loadControlPlaneConfig, requireNatsUrl, type ControlPlaneConfig } from './config.ts';
export { startControlPlane, type ControlPlane } from './start.ts';
