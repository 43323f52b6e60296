// Loaded before Azurite (node --require): leave when the pipe to our parent closes, however the
// parent ended. See sandbox/process.py.
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.stdin.resume();
