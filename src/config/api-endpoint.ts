import * as z from 'zod';

/**
 * The address of a vendor's API, where it is not the usual one: a private endpoint in a network of one's own, another region or cloud.
 * Plain HTTP goes to this machine alone, which the HTTP client makes sure of.
 */
export const apiEndpoint = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'not the address of an API, such as https://api.example.com',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', {
    error: 'holds a user or password, which must not stand in an address',
  });
