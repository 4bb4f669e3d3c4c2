import type { LimitKind } from './limit.ts';
import type { Row } from './measure.ts';
import { prune, withRegistry } from './running-registry.ts';

const PER_SECOND = 100;
const TAGS = 3000;
const LATENCY = 10;

/** How much of a limit is used, and how many requests are refused. All kinds are measured at once: what they do most is wait. */
export async function* measureRate(): AsyncGenerator<Row> {
  const kinds: readonly LimitKind[] = ['token bucket', 'fixed window', 'sliding window'];
  for (const rows of await Promise.all(kinds.map((kind) => gathered(limited(kind))))) yield* rows;
}

async function gathered(rows: AsyncGenerator<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function limited(kind: LimitKind): AsyncGenerator<Row> {
  return withRegistry(1, TAGS, async function* ({ behave, seen }) {
    const { host } = await behave({ latency: LATENCY, limit: { kind, perSecond: PER_SECOND } });
    const took = await prune(host, 'cold');
    const { requests, seconds } = await seen();
    const refused = requests.filter(({ status }) => status === 429).length;
    const passed = requests.length - refused;
    yield {
      part: 'rate limit',
      what: `${TAGS.toLocaleString('en')} tags, ${PER_SECOND} requests a second by a ${kind}, ${LATENCY} ms`,
      figures: {
        requests: requests.length,
        s: took.seconds,
        'share of the limit': passed / took.seconds / PER_SECOND,
        'of it from the first request to the last': passed / seconds / PER_SECOND,
        'share refused': refused / requests.length,
      },
    };
  });
}
