/** What is shown during maintenance where the folder brings no page of its own. */
export function defaultPage(name: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${name}: back soon</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto 0; padding: 0 1.5rem; color-scheme: light dark; }
</style>
<h1>Back soon</h1>
<p>${name} is being updated. This page asks again every half minute.</p>
<script>setTimeout(() => location.reload(), 30000);</script>
</html>
`;
}
