import { onTestFinished } from 'vitest';
import { createHttpClient, type HttpClientOptions } from '../../../src/http/create-http-client.ts';
import type { Clock } from '../../../src/http/clock.ts';
import type { HttpClient, HttpResponse } from '../../../src/http/http-client.ts';

/** A clock that stands still but for the sleeps, which take no time and are written down. */
export interface TestClock extends Clock {
  readonly slept: number[];
}

export const START = Date.UTC(2026, 0, 1);

export function testClock(random = 0.5): TestClock {
  let time = START;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    random: () => random,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      time += ms;
    },
  };
}

/** A client that is closed after the test. */
export function testClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ userAgent: 'test/1', env: {}, clock: testClock(), ...options });
  onTestFinished(() => client.close());
  return client;
}

export function text(response: HttpResponse): string {
  return Buffer.from(response.body).toString('utf8');
}
