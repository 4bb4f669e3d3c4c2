import { describe, expect, it } from 'vitest';
import { readArtifact } from '../../../../src/registry/harbor/artifact.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const LEAST = { digest: DIGEST, manifest_media_type: 'application/vnd.oci.image.manifest.v1+json', size: 1 };
const read = (fields: object) => readArtifact({ ...LEAST, ...fields }, 'list the artifacts');

describe('an artifact', () => {
  it('of which little is said has little', () => {
    const { digest, mediaType, tags, children, accessories, labels, ...rest } = read({
      tags: null,
      references: null,
      accessories: null,
      labels: null,
      pull_time: '0001-01-01T00:00:00.000Z',
    });
    expect([digest, mediaType, tags, children, accessories, labels]).toEqual([DIGEST, LEAST.manifest_media_type, [], [], [], []]);
    expect(rest).toEqual({ size: 1, configType: '', artifactType: '' });
  });

  it.each([
    [{ digest: 'sha256:1' }],
    [{ manifest_media_type: '' }],
    [{ size: -1 }],
    [{ tags: 'v1' }],
    [{ tags: [{ name: 'no tag' }] }],
    [{ references: [{ child_id: 7 }] }],
    [{ accessories: [{ digest: 'none' }] }],
  ])('with %j is none that anything can be decided by', (fields) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  it('was pulled when it or a tag of it was last', () => {
    const tags = [
      { name: 'v1', pull_time: '2025-03-01T00:00:00.000Z' },
      { name: 'v2', pull_time: '0001-01-01T00:00:00.000Z' },
    ];
    expect(read({ tags, pull_time: '2025-02-01T00:00:00.000Z' }).pulledAt).toBe('2025-03-01T00:00:00.000Z');
  });
});

describe('the worst finding', () => {
  const worst = (...reports: object[]) =>
    read({ scan_overview: Object.fromEntries(reports.map((report, number) => [`report ${number}`, report])) }).vulnerability;

  it('is that of the overall severity or the counts, whichever is worse', () => {
    expect(worst({ scan_status: 'Success', severity: 'Medium', summary: { summary: { Low: 1, Medium: 2, High: 0 } } })).toBe('medium');
    expect(worst({ scan_status: 'Success', severity: 'Unknown', summary: { summary: { Unknown: 1, High: 2 } } })).toBe('high');
    expect(worst({ scan_status: 'Success', severity: 'Low' }, { scan_status: 'Success', severity: 'Critical' })).toBe('critical');
  });

  it('leaves open what was found where a report does not count it', () => {
    const overview = (report: object): object => ({ scan_overview: { report: { scan_status: 'Success', ...report } } });
    expect(read(overview({ severity: 'Critical' }))).toMatchObject({ vulnerability: 'critical' });
    expect(read(overview({ severity: 'Critical' }))).not.toHaveProperty('findings');
    expect(read(overview({ severity: 'None', summary: { total: 0 } }))).toMatchObject({ findings: [] });
  });

  it('is none where there is none, or it is negligible', () => {
    expect(worst({ scan_status: 'Success', severity: 'None' })).toBe('none');
    expect(worst({ scan_status: 'Success', severity: 'Negligible' })).toBe('none');
  });

  it.each(['Running', 'Pending', 'Error', 'Stopped'])('is not known while a scan is %s', (status) => {
    expect(worst({ scan_status: status, severity: 'High', summary: { summary: { High: 1 } } })).toBeUndefined();
  });

  it('is not known where nothing says how bad it is', () => {
    expect(worst({ scan_status: 'Success', severity: 'Unknown' })).toBeUndefined();
    expect(worst()).toBeUndefined();
  });
});
