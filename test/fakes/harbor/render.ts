import type { HarborStore, StoredAccessory, StoredArtifact, StoredProject, StoredRepository, StoredRetention, StoredTag } from './store.ts';

/** What a list or artifact is asked to hold (src/server/v2.0/handler/artifact.go, `option`). */
export interface Detail {
  readonly tag: boolean;
  readonly label: boolean;
  readonly scanOverview: boolean;
  readonly immutableStatus: boolean;
  readonly accessory: boolean;
}

export interface RenderOptions {
  /** Before 2.11, artifacts have no `artifact_type` and no `repository_name`. */
  readonly artifactTypes: boolean;
}

/** An artifact as the API tells it; Go leaves out empty texts and maps, and writes empty lists as null. */
export function renderArtifact(store: HarborStore, artifact: StoredArtifact, detail: Detail, { artifactTypes }: RenderOptions): object {
  const tags = detail.tag ? store.tagsOn(artifact.id).map((tag) => renderTag(store, tag, detail.immutableStatus)) : [];
  const references = store.references.filter(({ parentId }) => parentId === artifact.id);
  const accessories = detail.accessory ? store.accessories.filter(({ subjectId }) => subjectId === artifact.id) : [];
  return {
    accessories: listed(accessories.map(renderAccessory)),
    ...(Object.keys(artifact.annotations ?? {}).length > 0 && { annotations: artifact.annotations }),
    ...(artifactTypes && artifact.artifactType !== '' && { artifact_type: artifact.artifactType }),
    digest: artifact.digest,
    ...(artifact.extraAttrs && { extra_attrs: artifact.extraAttrs }),
    icon: `sha256:${'0'.repeat(64)}`,
    id: artifact.id,
    labels: listed(
      detail.label
        ? artifact.labels.map((name, index) => ({ id: index + 1, name, scope: 'g', creation_time: time(1), update_time: time(1) }))
        : [],
    ),
    manifest_media_type: artifact.manifestType,
    media_type: artifact.configType,
    project_id: artifact.projectId,
    pull_time: time(artifact.pullTime),
    push_time: time(artifact.pushTime),
    references: listed(
      references.map(({ parentId, childId, childDigest, platform, annotations }) => ({
        ...(annotations && { annotations }),
        child_digest: childDigest,
        child_id: childId,
        parent_id: parentId,
        ...(platform && { platform: { OsFeatures: null, ...platform } }),
        urls: null,
      })),
    ),
    repository_id: artifact.repository.id,
    ...(artifactTypes && { repository_name: artifact.repository.name }),
    ...(detail.scanOverview && artifact.scan !== undefined && { scan_overview: renderScan(artifact) }),
    size: artifact.size,
    tags: listed(tags),
    type: artifact.configType.includes('helm') ? 'CHART' : 'IMAGE',
  };
}

export function renderTag(store: HarborStore, tag: StoredTag, immutableStatus: boolean): object {
  return {
    artifact_id: tag.artifactId,
    id: tag.id,
    // There, and false, also where it was not asked for.
    immutable: immutableStatus && store.isImmutable(tag),
    name: tag.name,
    pull_time: time(tag.pullTime),
    push_time: time(tag.pushTime),
    repository_id: tag.repositoryId,
  };
}

export function renderAccessory(accessory: StoredAccessory): object {
  return {
    artifact_id: accessory.artifactId,
    creation_time: time(accessory.createdAt),
    digest: accessory.digest,
    icon: '',
    id: accessory.id,
    size: accessory.size,
    ...(accessory.subjectId > 0 && { subject_artifact_id: accessory.subjectId }),
    subject_artifact_digest: accessory.subjectDigest,
    subject_artifact_repo: accessory.subjectRepository,
    type: accessory.type,
  };
}

const SEVERITIES = ['None', 'Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'];

const SCANNED = Date.UTC(2025, 0, 2);
const REPORT_TYPE = 'application/vnd.security.vulnerability.report; version=1.1';

function renderScan({ scan = null, fixed = {}, scanState }: StoredArtifact): object {
  const found = Object.keys(scan ?? {});
  const severity = SEVERITIES.findLast((name) => found.includes(name)) ?? 'None';
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);
  return {
    [REPORT_TYPE]: {
      report_id: 'report',
      scan_status: scanState ?? (scan ? 'Success' : 'Error'),
      ...(scan && { severity, summary: { total: sum(scan), fixable: sum(fixed), summary: scan } }),
      start_time: time(SCANNED),
      end_time: time(SCANNED),
      complete_percent: scan ? 100 : 0,
      duration: 1,
      scanner: { name: 'Trivy', vendor: 'Aqua Security', version: 'v0.50' },
    },
  };
}

/** The report itself (goharbor/pluggable-scanner-spec); nothing of an artifact that was not scanned (src/controller/scan). */
export function renderReport({ scan, fixed = {} }: StoredArtifact): object {
  if (!scan) return {};
  const vulnerabilities = Object.entries(scan).flatMap(([severity, count]) =>
    Array.from({ length: count }, (_, index) => ({
      id: `CVE-2025-${severity}-${index + 1}`,
      package: 'openssl',
      version: '1.0',
      fix_version: index < (fixed[severity] ?? 0) ? '1.1' : '',
      severity,
      links: [],
    })),
  );
  return { [REPORT_TYPE]: { generated_at: time(SCANNED), scanner: { name: 'Trivy' }, severity: 'High', vulnerabilities } };
}

export function renderProject(
  store: HarborStore,
  { id, name, public: isPublic, registryId, preventPulls, retention }: StoredProject,
): object {
  return {
    project_id: id,
    owner_id: 1,
    name,
    ...(registryId !== undefined && { registry_id: registryId }),
    creation_time: time(1),
    update_time: time(1),
    deleted: false,
    repo_count: [...store.repositories.values()].filter(({ projectId }) => projectId === id).length,
    // Texts, all of them.
    metadata: {
      public: String(isPublic),
      ...(preventPulls === 'findings' && { prevent_vul: 'true', severity: 'low' }),
      ...(preventPulls === 'unsigned' && { enable_content_trust_cosign: 'true' }),
      ...(retention && { retention_id: String(retention.id) }),
    },
  };
}

/** A retention policy (swagger, `RetentionPolicy`), each rule for all repositories of the project. */
export function renderRetention({ id: ref }: StoredProject, { id, cron, rules }: StoredRetention): object {
  return {
    id,
    algorithm: 'or',
    rules: rules.map(({ template, amount, pattern, disabled = false }) => ({
      action: 'retain',
      disabled,
      params: { [template]: amount },
      scope_selectors: { repository: [{ decoration: 'repoMatches', kind: 'doublestar', pattern: '**' }] },
      tag_selectors: [{ decoration: 'matches', extras: '{"untagged":true}', kind: 'doublestar', pattern }],
      template,
    })),
    scope: { level: 'project', ref },
    trigger: { kind: 'Schedule', references: {}, settings: { cron } },
  };
}

export function renderRepository(store: HarborStore, { id, projectId, name }: StoredRepository): object {
  const artifacts = store.artifactsIn(name).filter((artifact) => !store.isAccessory(artifact.id));
  return { artifact_count: artifacts.length, creation_time: time(1), id, name, project_id: projectId, pull_count: 0, update_time: time(1) };
}

/** As go-openapi's strfmt writes it; none is the year 1. */
export function time(at: number): string {
  return at === 0 ? '0001-01-01T00:00:00.000Z' : new Date(at).toISOString();
}

function listed<T>(entries: readonly T[]): readonly T[] | null {
  return entries.length === 0 ? null : entries;
}
