import { z } from 'zod';
import type { FieldKey } from './errors';
import { configSchema } from './schema';

/** The schema as data, for errors and for the reference in `docs/configuration.md`. */
export interface Field {
  description?: string;
  type?: string;
  unit?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: string[];
  required?: string[];
  properties?: Record<string, Field>;
  additionalProperties?: Field | boolean;
  items?: Field;
}

let root: Field | undefined;

export function rootField(): Field {
  root ??= z.toJSONSchema(configSchema, { io: 'input' }) as Field;
  return root;
}

/** The field with that path; undefined where the schema has none. */
export function fieldAt(keys: readonly FieldKey[]): Field | undefined {
  return keys.reduce<Field | undefined>((field, key) => {
    if (typeof key === 'number') return field?.items;
    const named = field?.properties?.[key];
    if (named !== undefined) return named;
    return typeof field?.additionalProperties === 'object' ? field.additionalProperties : undefined;
  }, rootField());
}
