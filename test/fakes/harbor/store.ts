import { createHash } from 'node:crypto';

/** A project; with `registryId`, one that caches another registry: nothing can be pushed to it. */
export interface StoredProject {
  readonly id: number;
  readonly name: string;
  readonly public: boolean;
  registryId?: number;
  /**
   * What nobody may pull: by findings, all images, since every one is taken to have some, and no index (src/server/middleware/vulnerable);
   * by signature, what has none (src/server/middleware/contenttrust).
   */
  preventPulls?: 'findings' | 'unsigned';
  readonly immutableRules: { id: number; disabled: boolean; pattern: string }[];
  retention?: StoredRetention;
}

/** The retention policy of a project; without a `cron` it acts only when it is started. */
export interface StoredRetention {
  readonly id: number;
  readonly cron: string;
  readonly rules: readonly { readonly template: string; readonly amount: number; readonly pattern: string; readonly disabled?: boolean }[];
}

export interface StoredRepository {
  readonly id: number;
  readonly projectId: number;
  /** `project/repository` */
  readonly name: string;
}

/** Times are milliseconds since the epoch; 0 stands for none. */
export interface StoredArtifact {
  readonly id: number;
  readonly projectId: number;
  readonly repository: StoredRepository;
  readonly digest: string;
  readonly manifestType: string;
  readonly configType: string;
  readonly artifactType: string;
  readonly size: number;
  readonly bytes: Buffer;
  readonly blobs: readonly string[];
  pushTime: number;
  pullTime: number;
  readonly extraAttrs?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  labels: string[];
  /** The severities that a scan has found, with their number; null: a scan that failed. */
  scan?: Readonly<Record<string, number>> | null;
  /** How many of these have a fix. */
  fixed?: Readonly<Record<string, number>>;
  /** Of a scan that has not ended. */
  scanState?: 'Pending' | 'Running' | 'Stopped';
}

export interface StoredReference {
  readonly parentId: number;
  readonly childId: number;
  readonly childDigest: string;
  readonly platform?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface StoredAccessory {
  readonly id: number;
  readonly artifactId: number;
  /** 0 while its subject is not there. */
  subjectId: number;
  readonly subjectRepository: string;
  readonly subjectDigest: string;
  readonly digest: string;
  readonly size: number;
  readonly type: string;
  readonly createdAt: number;
}

export interface StoredTag {
  readonly id: number;
  readonly repositoryId: number;
  artifactId: number;
  readonly name: string;
  pushTime: number;
  pullTime: number;
}

/** A label that may be put on artifacts: of one project, or of the whole Harbor. */
export interface StoredLabel {
  readonly id: number;
  readonly name: string;
  readonly projectId?: number;
}

export interface GcJob {
  readonly id: number;
  /** What each look at it tells; the last one stays. */
  readonly statuses: string[];
  freed: number;
}

/** Harbor's tables, and the blobs of the registry behind it. */
export class HarborStore {
  readonly projects = new Map<string, StoredProject>();
  readonly repositories = new Map<string, StoredRepository>();
  readonly artifacts = new Map<number, StoredArtifact>();
  readonly tags = new Map<number, StoredTag>();
  readonly references: StoredReference[] = [];
  readonly accessories: StoredAccessory[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly labels: StoredLabel[] = [];
  readonly gcJobs: GcJob[] = [];
  /** By what schedule garbage is collected, with the parameters of each job; undefined where none was made. */
  gcSchedule?: { readonly type: string; readonly cron: string; readonly parameters: Readonly<Record<string, unknown>> };
  readOnly = false;
  /** The permissions that accounts were asked for. */
  readonly askedPermissions = new Set<string>();
  /** What is pushed now is pushed then. */
  now: () => number = Date.now;
  #lastId = 0;

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  addProject(name: string, options: { readonly public?: boolean; readonly registryId?: number } = {}): StoredProject {
    const { public: isPublic = false, registryId } = options;
    const project = {
      id: this.nextId(),
      name,
      public: isPublic,
      ...(registryId !== undefined && { registryId }),
      immutableRules: [],
    };
    this.projects.set(name, project);
    // Harbor gives such a project a policy of its own (src/server/v2.0/handler/project.go, `CreateProject`).
    if (registryId !== undefined)
      this.setRetention(name, { cron: '0 0 0 * * *', rules: [{ template: 'nDaysSinceLastPull', amount: 7, pattern: '**' }] });
    return project;
  }

  /** A label of a project; of the whole Harbor without one. */
  addLabel(name: string, project?: string): void {
    this.labels.push({ id: this.nextId(), name, ...(project !== undefined && { projectId: this.project(project).id }) });
  }

  /** Tags of the project that a rule's pattern matches (`*` is any text) can neither be deleted nor moved. */
  addImmutableRule(project: string, pattern: string, disabled = false): void {
    this.project(project).immutableRules.push({ id: this.nextId(), disabled, pattern });
  }

  setRetention(project: string, policy: Omit<StoredRetention, 'id'>): void {
    this.project(project).retention = { id: this.nextId(), ...policy };
  }

  project(name: string): StoredProject {
    const project = this.projects.get(name);
    if (!project) throw new Error(`the fake has no project ${name}`);
    return project;
  }

  /** The repository, made where it is not there; its project must be. */
  ensureRepository(name: string): StoredRepository {
    const known = this.repositories.get(name);
    if (known) return known;
    const repository = { id: this.nextId(), projectId: this.project(name.split('/')[0] ?? '').id, name };
    this.repositories.set(name, repository);
    return repository;
  }

  artifactsIn(repository: string): StoredArtifact[] {
    return [...this.artifacts.values()].filter((artifact) => artifact.repository.name === repository);
  }

  /** By digest or by tag. */
  find(repository: string, reference: string): StoredArtifact | undefined {
    if (reference.startsWith('sha256:')) return this.artifactsIn(repository).find(({ digest }) => digest === reference);
    const tag = this.findTag(repository, reference);
    return tag && this.artifacts.get(tag.artifactId);
  }

  /** As {@link find}; for tests, which know that it is there. */
  artifact(repository: string, reference: string): StoredArtifact {
    const artifact = this.find(repository, reference);
    if (!artifact) throw new Error(`the fake has no ${repository} ${reference}`);
    return artifact;
  }

  findTag(repository: string, name: string): StoredTag | undefined {
    const id = this.repositories.get(repository)?.id;
    return [...this.tags.values()].find((tag) => tag.repositoryId === id && tag.name === name);
  }

  tagsOn(artifactId: number): StoredTag[] {
    return [...this.tags.values()].filter((tag) => tag.artifactId === artifactId);
  }

  isAccessory(artifactId: number): boolean {
    return this.accessories.some((accessory) => accessory.artifactId === artifactId);
  }

  /** Whether the project lets nobody pull an artifact; signatures themselves may be (src/server/middleware/util, `SkipPolicyChecking`). */
  isUnpullable({ id, projectId, manifestType }: StoredArtifact): boolean {
    const policy = [...this.projects.values()].find((project) => project.id === projectId)?.preventPulls;
    const isSignature = ({ type }: StoredAccessory): boolean => type.startsWith('signature.');
    if (policy === undefined || this.accessories.some((one) => one.artifactId === id && isSignature(one))) return false;
    if (policy === 'findings') return !/index|list/.test(manifestType);
    return !this.accessories.some((one) => one.subjectId === id && isSignature(one));
  }

  isImmutable(tag: StoredTag): boolean {
    const artifact = this.artifacts.get(tag.artifactId);
    const project = [...this.projects.values()].find(({ id }) => id === artifact?.projectId);
    return (project?.immutableRules ?? []).some(({ disabled, pattern }) => !disabled && matches(pattern, tag.name));
  }

  /** Points a tag to an artifact. */
  setTag(artifact: StoredArtifact, name: string): void {
    const known = this.findTag(artifact.repository.name, name);
    const pushTime = this.now();
    if (known) Object.assign(known, { artifactId: artifact.id, pushTime });
    else
      this.tags.set(this.nextId(), {
        id: this.#lastId,
        repositoryId: artifact.repository.id,
        artifactId: artifact.id,
        name,
        pushTime,
        pullTime: 0,
      });
  }

  /** An image that was never really pushed, for thousands of them: its manifest says nothing, and cannot be pulled. */
  addPlainImage(repository: string, seed: string, tags: readonly string[], pushTime: number): StoredArtifact {
    const stored = this.ensureRepository(repository);
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, seed }));
    const artifact: StoredArtifact = {
      id: this.nextId(),
      projectId: stored.projectId,
      repository: stored,
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      manifestType: 'application/vnd.oci.image.manifest.v1+json',
      configType: 'application/vnd.oci.image.config.v1+json',
      artifactType: 'application/vnd.oci.image.config.v1+json',
      size: 1000,
      bytes,
      blobs: [],
      pushTime,
      pullTime: 0,
      extraAttrs: { created: new Date(pushTime).toISOString(), os: 'linux', architecture: 'amd64', author: '', config: {} },
      labels: [],
    };
    this.artifacts.set(artifact.id, artifact);
    for (const name of tags)
      this.tags.set(this.nextId(), { id: this.#lastId, repositoryId: stored.id, artifactId: artifact.id, name, pushTime, pullTime: 0 });
    return artifact;
  }
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text);
}
