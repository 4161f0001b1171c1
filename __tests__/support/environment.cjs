const { TestEnvironment } = require('jest-environment-node');

// A worker of Jest's outlives it when it is killed hard, with all that its test has started.
const die = () => process.kill(process.pid, 'SIGKILL');
process.once('disconnect', die);
// When it ends in order the worker is told to listen no more; this one listener would keep it from ending.
process.on('removeListener', (event) => {
  if (event === 'message') process.removeListener('disconnect', die);
});

module.exports = TestEnvironment;
