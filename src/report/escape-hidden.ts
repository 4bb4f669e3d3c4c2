/** What a terminal may take for a command or that turns the direction of writing, as far as JSON lets it stand in a text. */
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** True of a text with such characters in it. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

/** Text in JSON's quotes with such characters as `\uXXXX`: the same to every reader, and harmless to look at. */
export function escapeHidden(json: string): string {
  return json.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
