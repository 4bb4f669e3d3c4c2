/** The forms in which a checklist can be written. */
export const CHECKLIST_FORMS = ['table', 'json', 'yaml', 'markdown', 'junit'] as const;
export type ChecklistForm = (typeof CHECKLIST_FORMS)[number];
