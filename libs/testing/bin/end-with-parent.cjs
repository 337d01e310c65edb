// Preloaded (--require) into every process a test starts: when the test's process ends, in whatever way, the IPC channel
// closes and this process ends at once. So nothing survives a test, also when jest itself is killed.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Listening alone must not keep a process alive that has nothing left to do.
process.channel?.unref();
