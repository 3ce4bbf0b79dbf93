// Mocha reporter of every suite: prints the tests like "spec" and records each result as one JSON line in $SKYLAB_RESULTS.
// It also runs inside the extension host, so it is plain CommonJS and prints through Mocha's own console function.
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname, relative } = require('node:path');
const Mocha = require('mocha');

const Spec = Mocha.reporters.Spec;
const LINGER_MS = 10_000;

class Reporter extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.SKYLAB_RESULTS;
    // A suite that cannot run here is listed by a dry run, in which every test counts as skipped for this reason.
    const suiteSkip = process.env.SKYLAB_SKIP_REASON;
    if (file) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    const record = (entry) => file && appendFileSync(file, `${JSON.stringify(entry)}\n`);
    const say = (line) => Mocha.reporters.Base.consoleLog(line);
    const describeTest = (test) => ({
      title: test.titlePath().join(' › '),
      ...(test.file ? { file: relative(process.cwd(), test.file) } : {}),
      ms: test.duration ?? 0,
    });

    runner.on('pass', (test) => record({ ...describeTest(test), state: suiteSkip ? 'skipped' : 'passed', reason: suiteSkip }));
    runner.on('fail', (test, error) => record({ ...describeTest(test), state: 'failed', error: error?.stack ?? String(error) }));
    runner.on('pending', (test) => {
      const reason = suiteSkip ?? skipReason(test);
      record({ ...describeTest(test), state: 'skipped', reason });
      if (!suiteSkip) say(`      skipped: ${reason}`);
    });
    runner.once('end', () => {
      record({ end: true });
      // A test that leaves a socket or a process open would keep the suite alive until its time limit.
      setTimeout(() => {
        say(`The tests are done and something keeps the process alive: ${process.getActiveResourcesInfo().join(', ')}`);
        process.exit(70);
      }, LINGER_MS).unref();
    });
  }
}

/** The reason given by test/support/skip.ts, on the test or on a suite around it. */
function skipReason(test) {
  for (let at = test; at; at = at.parent) {
    if (at.skipReason) return at.skipReason;
  }
  return 'marked as skipped in the test file';
}

module.exports = Reporter;
