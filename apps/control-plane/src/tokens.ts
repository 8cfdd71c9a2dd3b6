/** What `startControlPlane` was given, for injection. */
export const CONFIG = Symbol('ControlPlaneConfig');
export const FEEDS = Symbol('Feeds');
export const LOGGER = Symbol('Logger');
export const METRICS = Symbol('Metrics');
