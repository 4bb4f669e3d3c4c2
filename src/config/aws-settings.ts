import * as z from 'zod';

/** Settings that say whose permissions are used in AWS. Everything secret comes by the AWS SDK's own ways. */
export const awsIdentity = {
  profile: z.string().min(1).optional(),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, {
      error: 'not the ARN of a role, such as arn:aws:iam::123456789012:role/cleanup',
    })
    .optional(),
  externalId: z.string().min(2).optional(),
};

export const awsAccount = z
  .string({ error: 'not the id of an account: 12 digits in quotes, such as "123456789012"' })
  .regex(/^\d{12}$/, { error: 'not the id of an account: 12 digits, such as "123456789012"' });

export const awsRegion = z.string().regex(/^[a-z]{2,}(?:-[a-z]+)+-\d+$/, { error: 'not a region, such as eu-central-1' });
