import { attestation } from '../attachments.ts';
import { index } from '../image.ts';
import { appImage, type Build, dateTag, daysBefore } from './build.ts';

/**
 * Nightly builds by buildx for two platforms, each image with its provenance in the same index. The newer ones also refer to it by
 * `subject`.
 */
export function teamWorker(now: Date): Build[] {
  return Array.from({ length: 30 }, (_, age) => {
    const parts = { app: 'worker', dependencies: `${Math.floor(age / 14)}`, build: `night ${age}`, created: daysBefore(now, age + 0.1) };
    const images = ['linux/amd64', 'linux/arm64'].map((platform) => appImage({ ...parts, platform }));
    const provenance = images.map((image) => attestation(image, { subject: age < 12 }));
    return { thing: index([...images, ...provenance]), tags: [`nightly-${dateTag(now, age + 0.1)}`, ...(age === 0 ? ['nightly'] : [])] };
  });
}
