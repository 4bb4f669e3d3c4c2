// Adds up the JSON reports of vitest that are named, and prints what failed and why, and then "N passed, N failed[, N skipped]". Fails if
// a test failed, if a file could not be run, if a report has no test, or if a test was skipped for another reason than that its adapter
// declares what it asks for as missing (which a test holds it to).
import { readFileSync } from 'node:fs';

const DECLARED = / \[skipped: [^\]]*, since /;
const total = { passed: 0, failed: 0, skipped: 0 };
let empty = false;
let undeclared = 0;
for (const path of process.argv.slice(2)) {
  const files = readReport(path);
  const tests = files.flatMap((file) => file.assertionResults);
  empty ||= tests.length === 0;
  for (const { status, title, fullName, failureMessages } of tests) {
    const kind = status === 'passed' || status === 'failed' ? status : 'skipped';
    total[kind] += 1;
    if (kind === 'skipped' && !DECLARED.test(title)) undeclared += 1;
    if (kind === 'failed') tell(fullName, failureMessages.join('\n'));
  }
  // A file that breaks while it is loaded, or in a hook, fails without a failed test.
  for (const file of files) {
    if (file.status !== 'failed' || file.assertionResults.some(({ status }) => status === 'failed')) continue;
    total.failed += 1;
    tell(file.name, file.message);
  }
}

// What failed stands at the end too, since of a long output often only the end is kept.
function tell(name, message) {
  process.stdout.write(`FAILED ${name}\n${message.slice(0, 2000)}\n`);
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch (error) {
    process.stderr.write(`no report: ${error.message}\n`);
    return [];
  }
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
if (undeclared > 0) process.stderr.write(`${undeclared} tests were skipped that should have run\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
if (empty || total.failed > 0 || undeclared > 0) process.exitCode = 1;
