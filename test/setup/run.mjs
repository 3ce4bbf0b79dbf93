// The one entry point of `npm start`, `npm test`, `npm run bench` and their kin: sets up what the verb needs, then does it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Skylab's tools need Node 20.19 or newer, and this is Node ${process.versions.node}. Install a newer one from nodejs.org or your distribution.`,
  );
  process.exit(1);
}
const { main } = await import('./verbs.mjs');
process.exitCode = await main(process.argv.slice(2));
