import { isMap, isNode, isScalar, type Node, parseDocument, type YAMLMap } from 'yaml';
import { makeSource, type Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { importEcrLifecycle } from './ecr-lifecycle.ts';
import type { ImportedPolicy, ImportGround } from './imported-policy.ts';
import { settingsError } from './parse-settings.ts';

/** The type of a repository, and that of its resource in the template. */
const REPOSITORY = 'AWS::ECR::Repository';

export function isCloudformation(text: string): boolean {
  return /["']?Type["']?\s*:\s*["']?AWS::ECR::Repository\b/.test(text);
}

/**
 * The lifecycle policies of the repositories in a template of CloudFormation, as JSON or YAML; "cdk synth" prints one. Throws
 * `POLICY_INVALID` for a policy that only CloudFormation can fill in, and where several are for repositories whose names it makes up.
 */
export function importCloudformation(source: Source, { of }: ImportGround): ImportedPolicy[] {
  const document = parseDocument(source.text, { logLevel: 'silent' });
  const at = (node: unknown, message: string): Problem => {
    const [start = 0, end = 1] = (isNode(node) ? node.range : undefined) ?? [];
    return problemAt(source, { start, end }, message);
  };
  if (document.errors.length > 0)
    throw settingsError(document.errors.map(({ pos: [start, end], message }) => problemAt(source, { start, end }, message)));
  // The serverless framework has the template in its "resources".
  const resources = [document.get('Resources'), document.getIn(['resources', 'Resources'])].find((node) => isMap(node));
  const found = (isMap(resources) ? resources.items : []).flatMap(({ key, value }) => {
    if (!isMap(value) || textOf(value.get('Type', true)) !== REPOSITORY) return [];
    const policy = value.getIn(['Properties', 'LifecyclePolicy', 'LifecyclePolicyText'], true);
    if (policy === undefined) return [];
    const text = textOf(policy);
    if (text === undefined) throw settingsError([at(policy, 'only CloudFormation knows this text: write what it is filled in with')]);
    const name = of ?? textOf(value.getIn(['Properties', 'RepositoryName'], true));
    const policies = importEcrLifecycle(makeSource(`${source.file} (${String(key)})`, text), undefined, { of: name });
    return [{ node: key, name, policies, same: JSON.stringify([name, policies]) }];
  });
  if (found.length === 0) throw settingsError([at(resources, 'no repository in it has a LifecyclePolicyText')]);
  const distinct = found.filter(({ same }, index) => found.findIndex((other) => other.same === same) === index);
  const problems = distinct.flatMap(({ name, node }, index) =>
    distinct.slice(0, index).some((other) => other.name === name)
      ? [
          at(
            node,
            `its policy is for ${name ?? 'a repository that CloudFormation names'}, as another above is, and one policy cannot be both`,
          ),
        ]
      : [],
  );
  if (problems.length > 0) throw settingsError(problems);
  // Those that may be for anything are asked last.
  return distinct.toSorted((a, b) => Number(a.name === undefined) - Number(b.name === undefined)).flatMap(({ policies }) => policies);
}

/** A text that is written as it is, or with a Fn::Sub that fills in nothing; undefined for what only CloudFormation knows. */
function textOf(node: unknown): string | undefined {
  if (isMap(node)) return textOf((node as YAMLMap<Node, Node>).get('Fn::Sub', true));
  if (!isScalar(node) || typeof node.value !== 'string') return undefined;
  if (node.tag !== undefined && node.tag !== '!Sub' && node.tag.startsWith('!')) return undefined;
  return /\$\{/.test(node.value) ? undefined : node.value;
}
