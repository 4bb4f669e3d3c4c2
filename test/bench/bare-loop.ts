import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { MANIFEST_TYPES } from '../../src/domain/media-types.ts';

/** Requests that are sent one after the other. */
export type Chain = readonly { readonly method: string; readonly path: string }[];

/** What somebody would write: so many workers, each of which takes the next chain, sends its requests, and reads the answers. */
const [url = '', concurrency = '', file = ''] = process.argv.slice(2);
const queue = (JSON.parse(readFileSync(file, 'utf8')) as Chain[]).toReversed();
const pool = new Pool(url, { connections: Number(concurrency) });
const headers = { accept: MANIFEST_TYPES.join(', ') };

async function work(): Promise<void> {
  for (let chain = queue.pop(); chain; chain = queue.pop())
    for (const { method, path } of chain) await (await pool.request({ method: method as 'GET', path, headers })).body.arrayBuffer();
}

await Promise.all(Array.from({ length: Number(concurrency) }, work));
await pool.close();
