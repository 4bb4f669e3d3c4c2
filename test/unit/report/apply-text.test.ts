import { describe, expect, test } from 'vitest';
import type { StepOutcome } from '../../../src/domain/step-outcome.ts';
import { applyReport, countResults, type RepositoryReport } from '../../../src/apply/apply-report.ts';
import { applyText } from '../../../src/report/apply-text.ts';
import { planMarkdown } from '../../../src/report/markdown.ts';
import { undoText } from '../../../src/report/undo-text.ts';
import { digest, plan } from './plan-fixture.ts';

/** A repository in which so many steps are deleted, and these not. */
function reportOf(
  deleted: number,
  notDone: readonly { readonly outcome: StepOutcome; readonly tag?: string; readonly message?: string }[],
  more: Partial<RepositoryReport> = {},
): RepositoryReport {
  const left = notDone.map((step, index) => ({
    op: step.tag === undefined ? ('delete-manifest' as const) : ('delete-tag' as const),
    digest: digest(`a${index}`),
    ...step,
  }));
  const done = Array.from({ length: deleted }, () => ({
    op: 'delete-manifest' as const,
    digest: digest('d'),
    outcome: 'deleted' as const,
  }));
  const repairs = more.repairs ?? [];
  return { registry: 'prod', repository: 'team/app', counts: countResults([...done, ...left], repairs), notDone: left, repairs, ...more };
}

describe('what an apply did', () => {
  test('is short where all was done', () => {
    expect(applyText(applyReport({ repositories: [reportOf(1234, [])], journal: '/state/run.jsonl' }))).toBe(`\
applied  1 repository, done

  1,234  deleted

The journal, for "undo": /state/run.jsonl
`);
  });

  test('names each step that was not done, with the reason', () => {
    const report = applyReport({
      repositories: [
        reportOf(2, [
          { outcome: 'drifted', message: 'v2 points to another digest\u001B[2J' },
          { outcome: 'locked', tag: 'v1' },
        ]),
      ],
    });

    expect(applyText(report)).toBe(`\
prod/team/app  2 of 4 steps done
  sha256:a00000000000  changed since the plan was made, so left alone: v2 points to another digest
  v1                   locked by the registry

applied  1 repository, done in part

  2  deleted
  1  locked by the registry
  1  changed since the plan was made, so left alone
`);
  });

  test('tells of what a push in between has hit, loudly where it could not be put back', () => {
    const repairs = [
      { digest: digest('e'), tag: 'v3', restored: true, message: 'was gone' },
      { digest: digest('f'), restored: false, message: 'its blobs are gone' },
    ];

    const text = applyText(applyReport({ repositories: [reportOf(1, [], { repairs })] }));

    expect(text).toContain('  v3  put back: was gone\n  sha256:f00000000000  LOST: its blobs are gone\n');
    expect(text).toContain('applied  1 repository, failed\n');
  });

  test('says what stopped it', () => {
    expect(applyText(applyReport({ repositories: [reportOf(1, [{ outcome: 'skipped' }])], stoppedBy: 'deadline' }))).toContain(
      'stopped, the time for the run was over',
    );
    expect(applyText(applyReport({ repositories: [], error: { code: 'JOURNAL_WRITE', message: 'the disk is full', hint: '' } }))).toContain(
      'stopped: the disk is full',
    );
  });

  test('is not called done where not everything could be read', () => {
    expect(applyText(applyReport({ repositories: [reportOf(1, [])] }), { unread: true })).toContain(
      'applied  1 repository, done in part: not everything could be read\n',
    );
    expect(applyText(applyReport({ repositories: [] }), { unread: true })).toContain(
      'applied  0 repositories, nothing done: not everything could be read\n',
    );
  });

  test('lists no more than a screenful of what was not done, unless asked', () => {
    const report = applyReport({
      repositories: [
        reportOf(
          0,
          Array.from({ length: 50 }, () => ({ outcome: 'failed' as const })),
        ),
      ],
    });

    expect(applyText(report)).toContain('  … and 30 more: -v shows all\n');
    expect(applyText(report, { verbose: true })).not.toContain('more: -v');
  });

  test('stands in the Markdown in place of "nothing has been changed"', () => {
    const text = planMarkdown(plan([]), applyReport({ repositories: [reportOf(3, [{ outcome: 'locked' }])] }));

    expect(text).toContain('**Carried out, partial**: 3 deleted; 1 locked by the registry.');
    expect(text).not.toContain('Nothing has been changed');
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

  3  put back
  1  there already
  1  tag that points elsewhere today, left so
  1  lost: not all its parts are to be had any more; if a later run deleted them, undo that one first
`);
  });
});
