/** What an SDK client asks where its API is (smithy, `EndpointParameters`); `Endpoint` is the address that was given. */
interface EndpointParameters {
  readonly Endpoint?: unknown;
  readonly UseFIPS?: boolean | undefined;
  readonly UseDualStack?: boolean | undefined;
}

interface EndpointClient {
  readonly config: { endpointProvider: (parameters: never, context?: never) => unknown };
}

/**
 * Lets an address that was given (in the config, the environment or the profile) be used as it is. The SDK itself ends with "Invalid
 * Configuration" where FIPS or dual-stack endpoints are asked for besides; an address that somebody gives may well be one of those.
 */
export function withGivenEndpoint<Client extends EndpointClient>(client: Client): Client {
  const find = client.config.endpointProvider as (parameters: EndpointParameters, context?: never) => unknown;
  client.config.endpointProvider = (parameters: EndpointParameters, context?: never) =>
    find(parameters.Endpoint === undefined ? parameters : { ...parameters, UseFIPS: false, UseDualStack: false }, context);
  return client;
}
