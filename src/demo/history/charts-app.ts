import { helmChart } from '../attachments.ts';
import { type Build, daysBefore } from './build.ts';

/** Helm charts: artifacts whose config is not that of a container and tells no time. */
export function chartsApp(now: Date): Build[] {
  return Array.from({ length: 24 }, (_, number) => {
    const version = `${Math.floor(number / 12)}.${number % 12}.0`;
    return { thing: helmChart({ name: 'app', version, created: daysBefore(now, 4 + (23 - number) * 12) }), tags: [version] };
  });
}
