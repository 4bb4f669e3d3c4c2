import { forgetSecrets } from '../src/diagnostics/redact.ts';

// Before each file: what the program remembers for the rest of its process ends with the file, as a run ends with its process.
forgetSecrets();
