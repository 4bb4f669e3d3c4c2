/** As jq, JavaScript, Python and Lua print what is not there. */
export const NOTHING: readonly string[] = ['null', 'undefined', 'None', 'nil'];
