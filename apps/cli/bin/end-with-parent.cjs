// Preloaded (--require) into what `start` runs: when `start` dies, in whatever way, the IPC channel closes and this
// process stops as on SIGTERM, or is ended when that takes too long.
process.on('disconnect', () => {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 25_000).unref();
  process.kill(process.pid, 'SIGTERM');
});
// Listening alone must not keep a process alive that has nothing left to do.
process.channel?.unref();
