/** What is known of the package that goes into the image. */
export interface PackageFacts {
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** Fills in the Containerfile of the package. */
export function containerfile(template: string, { version, description, license }: PackageFacts): string {
  return template.replaceAll('@VERSION@', version).replaceAll('@DESCRIPTION@', description).replaceAll('@LICENSE@', license);
}
