import { Writable } from 'node:stream';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ChangeGuard } from '../../../src/diagnostics/change-guard.ts';
import type { HttpClient, HttpResponse } from '../../../src/http/http-client.ts';
import { Activity } from '../../../src/run/activity.ts';
import type { Context } from '../../../src/run/context.ts';
import { startHeartbeat } from '../../../src/run/heartbeat.ts';
import { JsonMessages } from '../../../src/run/json-messages.ts';

let told: string;
const stderr = (): Writable => new Writable({ write: (chunk, _encoding, done) => ((told += String(chunk)), done()) });

function contextWith(stream: Writable, activity: Activity): Context {
  return { io: { stderr: stream, env: {} } as unknown as Context['io'], version: '1', activity, changes: new ChangeGuard() };
}

/** A client whose requests wait for ever. */
const SILENT: HttpClient = { request: () => new Promise<HttpResponse>(() => {}), close: async () => {} };

beforeEach(() => {
  told = '';
  vi.useFakeTimers({ now: 0 });
  onTestFinished(() => void vi.useRealTimers());
});

describe('every ten seconds', () => {
  test('a line says what is done and which request has been under way for the longest time, without secrets', () => {
    const activity = new Activity(Date.now);
    startHeartbeat(contextWith(stderr(), activity), { color: true });
    activity.show('reading prod/team/app  3/40');
    const http = activity.watch(SILENT);
    void http.request({ method: 'GET', url: 'https://me:hush@registry.example.com/v2/team/app/tags/list?n=1&token=hush' });
    vi.advanceTimersByTime(4_000);
    void http.request({ method: 'HEAD', url: 'https://registry.example.com/v2/' });

    vi.advanceTimersByTime(16_500);

    const begun = 'still at work, last begun: reading prod/team/app  3/40';
    const request = 'the oldest of 2 requests has been under way for';
    const pauses = 'pauses between tries included';
    const url = 'GET https://registry.example.com/v2/team/app/tags/list?n=1&token=***';
    expect(told.split('\n')).toEqual([`${begun}; ${request} 10 s, ${pauses}: ${url}`, `${begun}; ${request} 20 s, ${pauses}: ${url}`, '']);
  });

  test('a line says what limit holds requests back, and until when', () => {
    const activity = new Activity(Date.now);
    startHeartbeat(contextWith(stderr(), activity), { color: true });
    activity.show('deleting in prod/team/app  120/300');
    const goOn = activity.watch(SILENT).heldBack?.('https://api.example.com/packages', 60_000);

    vi.advanceTimersByTime(10_500);
    goOn?.();
    vi.advanceTimersByTime(10_000);

    expect(told.split('\n')).toEqual([
      'still deleting in prod/team/app  120/300; waiting until 00:01:00 UTC, because api.example.com limits how many requests it ' +
        'takes in a minute',
      'still deleting in prod/team/app  120/300',
      '',
    ]);
  });

  test('nothing is said where nothing is waited for, with --quiet, and after the end', () => {
    const idle = new Activity(Date.now);
    const busy = new Activity(Date.now);
    busy.show('reading what is in use');
    startHeartbeat(contextWith(stderr(), idle), { color: true });
    startHeartbeat(contextWith(stderr(), busy), { color: true, quiet: true });
    startHeartbeat(contextWith(stderr(), busy), { color: true })();

    vi.advanceTimersByTime(60_000);

    expect(told).toBe('');
  });
});

test('with --verbose each try of a request is told', () => {
  const activity = new Activity(Date.now);
  startHeartbeat(contextWith(stderr(), activity), { color: true, verbose: true });
  const url = 'https://registry.example.com/v2/';

  activity.onTrace?.({ method: 'GET', url, status: 503, ms: 12.4, attempt: 1 });
  activity.onTrace?.({ method: 'GET', url, failure: 'ECONNRESET', ms: 3, attempt: 2 });

  expect(told).toBe(`GET ${url} 503 12 ms\nGET ${url} ECONNRESET 3 ms (try 2)\n`);
});

describe('messages as JSON', () => {
  const lines = (): unknown[] =>
    told
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const time = '1970-01-01T00:00:00.000Z';

  test('are one line each, with time, level, text, hint and what they are about', () => {
    const messages = new JsonMessages(stderr(), Date.now);
    messages.tell({ level: 'error', message: 'denied', hint: 'log in', code: 'AUTH', registry: 'prod', repository: 'team/app' });
    messages.write('warning: one thing\n');
    messages.write('error: 2 problems\np.yaml:1:1\n  x\nhint: correct it\n');
    messages.write('\n');

    expect(lines()).toEqual([
      { time, level: 'error', message: 'denied', hint: 'log in', code: 'AUTH', registry: 'prod', repository: 'team/app' },
      { time, level: 'warning', message: 'one thing' },
      { time, level: 'error', message: '2 problems\np.yaml:1:1\n  x', hint: 'correct it' },
    ]);
  });

  test('show no moving line, but a person at a terminal can still be asked', () => {
    const terminal = Object.assign(stderr(), { isTTY: true, columns: 80 });
    const activity = new Activity(Date.now);
    const messages = new JsonMessages(terminal, Date.now);
    activity.show('reading');
    startHeartbeat(contextWith(messages, activity), { color: true });

    vi.advanceTimersByTime(10_000);

    expect(messages.isTTY).toBe(true);
    expect(lines()).toEqual([{ time: '1970-01-01T00:00:10.000Z', level: 'info', message: 'still reading' }]);
  });
});
