// Loaded before Azurite (node --require): leave when the pipe to our parent closes, however the
// parent ended. See sandbox/process.py. On SIGTERM Azurite saves its data first.
function leave() {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(0), 5000).unref();
}
process.stdin.on("end", leave);
process.stdin.on("error", leave);
process.stdin.resume();
// Watching must not keep a process alive that has nothing else to do.
process.stdin.unref();
