const { TestEnvironment } = require('jest-environment-node');

// A worker of Jest's outlives it when it is killed hard, with all that its test has started. When it ends in order the
// worker has been told to before.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

module.exports = TestEnvironment;
