import * as z from 'zod';
import { anyText, flag, number, text } from '../action-inputs.ts';

/** The inputs of https://github.com/actions/delete-package-versions (v5, action.yml). */
export const VersionsInputs = z.strictObject({
  owner: anyText.optional(),
  'package-name': anyText,
  'package-type': z.literal('container'),
  'min-versions-to-keep': number,
  'ignore-versions': text.optional(),
  'delete-only-untagged-versions': flag.default(false),
  token: anyText.optional(),
});

export type VersionsInputs = z.output<typeof VersionsInputs>;
