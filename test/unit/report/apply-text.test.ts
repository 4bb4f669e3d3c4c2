import { describe, expect, test } from 'vitest';
import { applyText } from '../../../src/report/apply-text.ts';
import { undoText } from '../../../src/report/undo-text.ts';
import { applied, type Became } from './applied.ts';
import { digest, expired, image, repository } from './plan-fixture.ts';

/** An index with a child and a signature, a second image, and a tag taken off a third. */
function someRepository() {
  const index = expired('a1', 'v1', 4);
  const child = image('a2', { action: 'delete', reasons: [{ code: 'deleted_with_parent', by: index.digest }] });
  const signature = image('a3', {
    action: 'delete',
    tags: [`sha256-${'a1'.padEnd(64, '0')}.sig`],
    attachmentTags: [`sha256-${'a1'.padEnd(64, '0')}.sig`],
    reasons: [{ code: 'deleted_with_subject', by: index.digest }],
  });
  const moved = image('b1', { tags: ['v3', 'v3.0'], action: 'untag', untag: ['v3.0'] });
  return repository([index, child, signature, expired('b2', 'v2', 5), moved], {
    heldBy: { [child.digest]: index.digest, [signature.digest]: index.digest },
  });
}

describe('what an apply did', () => {
  test('begins with what was deleted, in numbers that add up, and names every tag that went', () => {
    const { plan, report } = applied([someRepository()], {}, { journal: '/state/run.jsonl' });

    expect(applyText(plan, report)).toBe(`\
deleted  2 images and 1 tag of images that stay in 1 repository: done
  4 manifests: 2 images, and 2 parts and attachments
  3 tags: 2 with their images, 1 from images that stay; 1 tag of attachments

prod/team/app  3 tags went
  v1, v2, v3.0

The journal, for "undo": /state/run.jsonl
`);
  });

  test('says how to put back what went only where something went that can be put back', () => {
    const undoCommand = 'regctl undo /state/run.jsonl';
    const told = (outcomes: Became, undo?: false): string => {
      const { plan, report } = applied([repository([expired('b1', 'v1', 4), expired('b2', 'v2', 5)])], outcomes, {
        journal: '/state/run.jsonl',
      });
      const repositories = report.repositories.map((one) => ({ ...one, ...(undo === false && { undo }) }));
      return applyText(plan, { ...report, repositories }, { undoCommand });
    };
    const failed = { outcome: 'failed', message: 'the registry answered 202 and has deleted nothing' } as const;

    expect(told({ v1: failed })).toContain(undoCommand);
    for (const text of [told({ v1: failed }, false), told({ v1: failed, v2: failed })]) {
      expect(text).toMatch(/\nThe journal: \/state\/run\.jsonl\n$/);
      expect(text).not.toMatch(/undo|put it back/);
    }
  });

  test('names each image that was not deleted by its tag, with the reason, and leaves it out of the sums', () => {
    const { plan, report } = applied([someRepository()], {
      v2: { outcome: 'drifted', message: 'it points to another digest\u001B[2J' },
      'v3.0': { outcome: 'locked' },
    });

    expect(applyText(plan, report)).toBe(`\
deleted  1 image in 1 repository: done in part
  3 manifests: 1 image, and 2 parts and attachments
  1 tag with its image; 1 tag of attachments

prod/team/app  3 of 5 steps done
  v3.0  locked by the registry
  v2    changed since the plan was made, so left alone: it points to another digest

prod/team/app  1 tag went
  v1

steps:
  3  deleted
  1  locked by the registry
  1  changed since the plan was made, so left alone
`);
  });

  test('leaves out of the sums what somebody else had deleted: this run did not', () => {
    const { plan, report } = applied([someRepository()], { v2: { outcome: 'gone' } });

    const text = applyText(plan, report);

    expect(text).toContain('  3 manifests: 1 image, and 2 parts and attachments\n');
    expect(text).toContain('prod/team/app  2 tags went\n  v1, v3.0\n');
  });

  test('says first that nothing was deleted, where nothing was', () => {
    const failed = { outcome: 'failed', message: 'the registry answered 500' } as const;
    const one = repository([expired('a1', 'v1', 4)]);
    const { plan, report } = applied([one], { v1: failed });
    const begins = (text: string): string => text.split('\n')[0] ?? '';

    expect(begins(applyText(plan, report))).toBe('Nothing was deleted: it failed.');
    expect(applyText(plan, report, { brief: true })).toContain('  v1  failed: the registry answered 500\n');
    const nothing = applied([]);
    expect(begins(applyText(nothing.plan, nothing.report))).toBe('Nothing was deleted: there was nothing to delete.');
    expect(begins(applyText(nothing.plan, nothing.report, { unread: true }))).toBe(
      'Nothing was deleted: there was nothing to delete, and not everything could be read.',
    );
    const gone = applied([one], { v1: { outcome: 'gone' } });
    expect(begins(applyText(gone.plan, gone.report))).toBe('Nothing was deleted: all was gone already.');
    const late = applied([one], { v1: { outcome: 'skipped' } }, { stoppedBy: 'deadline' });
    expect(begins(applyText(late.plan, late.report))).toBe('Nothing was deleted: stopped, the time for the run was over.');
  });

  test('tells of what a push in between has hit, loudly where it could not be put back', () => {
    const repairs = [
      { digest: digest('e'), tag: 'v3', restored: true, message: 'was gone' },
      { digest: digest('f'), restored: false, message: 'its blobs are gone' },
    ];
    const { plan, report } = applied([someRepository()], {}, { repairs });

    const text = applyText(plan, report);

    expect(text).toContain('  v3  put back: was gone\n  sha256:f00000000000  LOST: its blobs are gone\n');
    expect(text).toMatch(/^deleted .*: failed\n/);
    expect(text).toContain('  1  hit by a deletion and not put back\n');
  });

  test('says what stopped it', () => {
    const { plan, report } = applied([someRepository()], {}, { error: { code: 'JOURNAL_WRITE', message: 'the disk is full', hint: '' } });
    expect(applyText(plan, report)).toContain('stopped: the disk is full');
  });

  test('is not called done where not everything could be read', () => {
    const { plan, report } = applied([someRepository()]);
    expect(applyText(plan, report, { unread: true })).toMatch(/^deleted .*: done in part, and not everything could be read\n/);
  });

  test('lists no more than a screenful of what was not done, unless asked', () => {
    const many = Array.from({ length: 50 }, (_, index) => expired(`a${index.toString(16).padStart(2, '0')}`, `v${index}`, index + 4));
    const left = Object.fromEntries(many.map(({ tags: [tag = ''] }) => [tag, { outcome: 'failed' as const }]));
    const { plan, report } = applied([repository(many)], left);

    expect(applyText(plan, report)).toContain('  … and 30 more: -v shows all\n');
    expect(applyText(plan, report, { verbose: true })).not.toContain('more: -v');
  });

  test('names every tag that went without being asked, in lines that fit', () => {
    const many = Array.from({ length: 500 }, (_, index) => expired(`a${index.toString(16).padStart(3, '0')}`, `build-${index}`, index + 4));
    const { plan, report } = applied([repository(many)]);

    const text = applyText(plan, report, { columns: 80 });

    expect(text.match(/build-\d+/g)).toHaveLength(500);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('what an undo did', () => {
  const item = { registry: 'prod', repository: 'team/app', digest: digest('a') };

  test('is told by counts, and by name where something is not back', () => {
    const counts = { restored: 3, present: 1, kept_newer: 1, lost: 1, failed: 0, skipped: 0 };
    const items = [
      { ...item, outcome: 'restored' as const },
      { ...item, tag: 'v1', outcome: 'kept_newer' as const },
      { ...item, outcome: 'lost' as const, message: 'BLOB_UNKNOWN' },
    ];

    expect(undoText({ kind: 'UndoReport', formatVersion: '1.0', outcome: 'partial', lostLabels: [], counts, items })).toBe(`\
prod/team/app:v1  tag that points elsewhere today, left so
prod/team/app@sha256:a00000000000  lost: BLOB_UNKNOWN

undone  done in part

  3  put back (1 manifest)
  1  there already
  1  tag that points elsewhere today, left so (1 tag)
  1  lost: not all its parts are to be had any more; if a later run deleted them, undo that one first (1 manifest)
`);
  });
});
