import { type JsonObject, parseJsonObject } from '../../domain/json.ts';

/** What a token (a JWT) says of itself, unchecked: the registry checks it. Empty for a text that is not a token. */
function tokenClaims(token: string): JsonObject {
  return parseJsonObject(Buffer.from(token.split('.')[1] ?? '', 'base64url')) ?? {};
}

/** When it expires, in milliseconds since the epoch; undefined where it does not say. */
export function expiryOf(token: string): number | undefined {
  const { exp } = tokenClaims(token);
  const seconds = typeof exp === 'string' ? Number(exp) : exp;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/**
 * True if a refresh token is for a registry in the mode "RBAC Registry + ABAC Repository Permissions", which has other roles and gives
 * tokens for single repositories only. Such a token has the claim `aad_identity` (Azure/acr-cli, internal/api/acrsdk.go).
 */
export function isOfAbacRegistry(token: string): boolean {
  return tokenClaims(token)['aad_identity'] !== undefined;
}
