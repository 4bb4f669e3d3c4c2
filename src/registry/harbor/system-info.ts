import { ToolError } from '../../diagnostics/tool-error.ts';
import type { Credentials } from '../../auth/credentials.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import { describe } from './answer-errors.ts';

/** What `systeminfo` tells (swagger, `GeneralInfo`). */
export interface SystemInfo {
  readonly readOnly: boolean;
  /** Users come from an OIDC provider. */
  readonly oidc: boolean;
}

/**
 * Reads the answer to `GET /systeminfo`. Harbor does not require a login there: with credentials that it does not know, it answers as
 * without any and leaves out its version (src/server/v2.0/handler/systeminfo.go). Then this throws `AUTH`.
 */
export function readSystemInfo(response: HttpResponse, doing: string, credentials: Credentials | undefined): SystemInfo {
  const json = parseJsonObject(response.body);
  const mode = asText(json?.['auth_mode']);
  if (mode === undefined) throw badAnswer(doing, 'its "systeminfo" is not that of Harbor');
  const oidc = mode === 'oidc_auth';
  if (credentials && json?.['harbor_version'] === undefined) {
    const secret = oidc ? ' The password of an OIDC user is the CLI secret of the profile.' : '';
    throw new ToolError('AUTH', `Cannot ${doing}: Harbor does not know the user or the password, asked ${describe(credentials)}.`, {
      hint: `Check them; a robot account may have expired or be disabled, and its name begins with Harbor's prefix for robots.${secret}`,
    });
  }
  return { readOnly: json?.['read_only'] === true, oidc };
}
