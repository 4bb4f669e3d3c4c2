import type * as z from 'zod';

/** What a config has to know of a type of registry: what `type` may name, and the settings of its own that a registry of it may have. */
export interface RegistrySettings {
  /** What `type` in a config calls it. */
  readonly name: string;
  /** The key of a registry in the config that holds the settings of this type, and their schema. Types of one vendor may share them. */
  readonly settings?: { readonly key: string; readonly schema: z.ZodType };
}
