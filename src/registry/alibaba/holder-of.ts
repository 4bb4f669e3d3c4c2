/**
 * What of a loaded CommonJS module has a property of that name. Node.js, bundlers and test runners put what such a module exports at
 * different depths, each below `default`. Throws `TypeError` where nothing has it.
 */
export function holderOf(module: unknown, name: string): unknown {
  let holder = module;
  for (let depth = 0; depth < 3; depth++) {
    if ((typeof holder !== 'object' && typeof holder !== 'function') || holder === null) break;
    if (name in holder) return holder;
    holder = (holder as { readonly default?: unknown }).default;
  }
  throw new TypeError(`the module has no ${name}`);
}
