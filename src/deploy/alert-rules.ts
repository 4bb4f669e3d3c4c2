import { type Document, parseDocument } from 'yaml';

/** The alert rules as a file of Prometheus, or as an object of the Prometheus operator. */
export function alertRules(template: string, form: 'rules' | 'prometheus-rule'): string {
  if (form === 'rules') return template;
  const rules = parseDocument(template) as Document;
  const object = parseDocument(
    'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: regprune\nspec: {}\n',
  ) as Document;
  object.set('spec', rules.contents);
  object.commentBefore = rules.commentBefore ?? null;
  return object.toString({ lineWidth: 0 });
}
