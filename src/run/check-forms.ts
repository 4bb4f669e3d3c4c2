/** The forms in which the mistakes in policies can be written; `text` goes to stderr. */
export const CHECK_FORMS = ['text', 'json', 'github', 'gitlab', 'junit', 'sarif'] as const;
export type CheckForm = (typeof CHECK_FORMS)[number];
