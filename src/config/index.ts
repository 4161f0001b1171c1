/** Configuration: what other parts use. The function itself imports only `runtime.ts`, as types. */
export { toRuntimeConfig } from './convert';
export { type ConfigInput, defineConfig } from './define';
export { durationMs, parseDuration } from './durations';
export { encodeRuntimeConfig } from './encode';
export { ConfigError, type Violation } from './errors';
export { loadConfigFile } from './load';
export { type ResolvedConfig, resolveConfig } from './resolve';
export { clusterName, LOCAL_CLUSTER, LOCAL_STAGE, resolveStage } from './stage';
