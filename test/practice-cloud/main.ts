// npx tsx test/practice-cloud/main.ts [--port 5600] [--name NAME] [--docker] [--no-web]: runs a practice cloud until Ctrl-C or SIGTERM.
import { parseArgs } from 'node:util';
import { startPracticeCloud } from './cloud';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '5600' },
      name: { type: 'string' },
      docker: { type: 'boolean' },
      'no-web': { type: 'boolean' },
    },
  });
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const cloud = await startPracticeCloud({
    port: Number(values.port),
    ...(values.name ? { name: values.name } : {}),
    machineImage: values.docker ? 'docker' : 'plain',
    webPorts: !values['no-web'],
    log: (line) => console.log(line),
  });
  console.log(`Practice cloud: ${cloud.endpoint} (region ${cloud.region})`);
  console.log(
    `Access key ${cloud.credentials.accessKeyId}, secret ${cloud.credentials.secretAccessKey}; my address: ${cloud.checkAddressUrl}`,
  );
  await stopped;
  console.log('Stopping: removing the machines, their networks and rules.');
  await cloud.stop();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
