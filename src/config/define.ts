import type { z } from 'zod';
import type { configSchema } from './schema';

type Input = z.input<typeof configSchema>;

/** What a person writes: every field may be left out and then has its default. */
export type ConfigInput = Omit<Input, 'pools'> & {
  pools?: Record<string, Partial<Input['pools'][string]>>;
};

/** Gives `autoscaler.config.ts` its types; checks happen when the file is loaded. */
export const defineConfig = (config: ConfigInput): ConfigInput => config;
