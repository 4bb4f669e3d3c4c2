const TIME_ORDERS = ['pushed', 'created', 'tagged', 'pulled', 'active'] as const;

/** The orders of a rule; the first five read a time, the others read the tag. */
export const ORDERS = [...TIME_ORDERS, 'semver', 'numeric', 'alphabetical'] as const;
export type Order = (typeof ORDERS)[number];

/** True of an order that reads a time. */
export function isTimeOrder(order: Order): boolean {
  return (TIME_ORDERS as readonly Order[]).includes(order);
}
