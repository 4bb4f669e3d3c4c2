import { index } from '../image.ts';
import { appImage, type Build, daysBefore } from './build.ts';

const NEWEST = 1070;

/** A base image of an older pipeline: Docker manifest lists, tagged with a running build number. */
export function baseNode(now: Date): Build[] {
  return Array.from({ length: 30 }, (_, number) => {
    const build = String(NEWEST - number);
    const parts = { app: 'node', dependencies: '', build, created: daysBefore(now, 5 + number * 7), format: 'docker' } as const;
    const images = ['linux/amd64', 'linux/arm64/v8'].map((platform) => appImage({ ...parts, platform }));
    return { thing: index(images, { format: 'docker' }), tags: [build, ...(number === 0 ? ['latest'] : [])] };
  });
}
