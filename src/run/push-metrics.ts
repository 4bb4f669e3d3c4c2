import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Context } from './context.ts';
import type { Shard } from './scope.ts';

/** A Pushgateway that is slower is not waited for: the run is over, and its container is to end. */
const TIMEOUTS = { connect: 5_000, headers: 10_000, body: 10_000 };

/**
 * Where a Pushgateway takes the metrics of a job: the URL itself if it has a path with `/metrics/job/`, else that of the job, of each shard
 * by itself. Throws `USAGE` for any other text, and for a URL with a user or password, which would stand in lists of processes.
 */
export function pushAddress(text: string, job: string, shard: Shard | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ToolError('USAGE', `--push-metrics is ${redactUrl(text)}, which is not the http or https URL of a Pushgateway.`, {
      hint: 'Give a URL without user and password, such as http://pushgateway.monitoring:9091.',
    });
  }
  if (!url.pathname.includes('/metrics/job/'))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/metrics/job/${job}${shard ? `/shard/${shard.index}` : ''}`;
  return url.href;
}

/**
 * Sends metrics in the text format to a Pushgateway. By POST, those that this text does not have stay there: a run that failed tells no
 * success, and so the time of the last one stays. Throws a `ToolError`.
 */
export async function pushMetrics(address: string, text: string, { io, version }: Context): Promise<void> {
  const { host } = new URL(address);
  // Loaded where metrics are pushed: a plan made from a file needs no client.
  const { createHttpClient } = await import('../http/create-http-client.ts');
  const http = createHttpClient({
    userAgent: `regprune/${version}`,
    env: io.env,
    timeouts: TIMEOUTS,
    // No credential goes there, and in a cluster it speaks no TLS.
    allowPlainHttp: (asked) => asked === host,
  });
  try {
    const { status, body } = await http.request({
      method: 'POST',
      url: address,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: text,
    });
    if (status >= 300) {
      throw new ToolError('REGISTRY_ERROR', `it answered ${status} ${JSON.stringify(Buffer.from(body).toString('utf8').slice(0, 200))}`, {
        hint: 'Check that the URL is that of a Pushgateway.',
      });
    }
  } finally {
    await http.close();
  }
}
