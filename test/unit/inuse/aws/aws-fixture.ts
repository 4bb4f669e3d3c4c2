import { onTestFinished, vi } from 'vitest';
import type { InUseImage } from '../../../../src/domain/in-use.ts';
import type { AwsReading } from '../../../../src/inuse/aws/read-regions.ts';
import { type AwsServer, KEYS } from '../../../fakes/aws-workloads/aws-server.ts';
import { testClock } from '../../http/test-client.ts';

export const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
export const digestOf = (character: string): string => `sha256:${character.repeat(64)}`;

/** An environment of AWS without anything that this machine has set; the SDK reads the process's own. */
export function stubAws(env: Readonly<Record<string, string>> = {}): void {
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
}

/** Points the SDK at a fake, which is closed after the test. */
export async function use(service: 'ECS' | 'LAMBDA', starting: Promise<AwsServer>): Promise<AwsServer> {
  const server = await starting;
  onTestFinished(() => server.close());
  vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, server.url);
  return server;
}

export function reading(options: Partial<AwsReading> = {}): AwsReading {
  return { env: {}, userAgent: 'test/1', signal: new AbortController().signal, clock: testClock(), ...options };
}

/** `source: image` of each, sorted. */
export function lines(images: readonly InUseImage[]): string[] {
  return images.map(({ image, source }) => `${source}: ${'digest' in image ? image.digest : image.reference.text}`).toSorted();
}
