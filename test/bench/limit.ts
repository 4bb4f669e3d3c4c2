/** How a registry may limit requests. What is refused does not count. */
export type LimitKind = 'token bucket' | 'fixed window' | 'sliding window';

/**
 * A limit of so many requests a second. The bucket saves up what is not used for a second; the fixed window counts anew with each second of
 * the clock; the sliding window counts those of the last second. Answers whether a request at this time, in milliseconds, is let through.
 */
export function limitOf(kind: LimitKind, perSecond: number): (now: number) => boolean {
  if (kind === 'token bucket') {
    let [saved, filledAt] = [perSecond, 0];
    return (now) => {
      saved = Math.min(perSecond, saved + ((now - filledAt) * perSecond) / 1000);
      filledAt = now;
      if (saved < 1) return false;
      saved -= 1;
      return true;
    };
  }
  if (kind === 'fixed window') {
    let [second, passed] = [0, 0];
    return (now) => {
      if (Math.floor(now / 1000) !== second) [second, passed] = [Math.floor(now / 1000), 0];
      if (passed >= perSecond) return false;
      passed += 1;
      return true;
    };
  }
  const times: number[] = [];
  return (now) => {
    while ((times[0] ?? now) <= now - 1000) times.shift();
    if (times.length >= perSecond) return false;
    times.push(now);
    return true;
  };
}
