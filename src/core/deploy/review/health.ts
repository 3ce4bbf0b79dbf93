import type { ComposeService } from '../compose/service';
import { child, dict, isTrue, leaf, oneOrMore } from '../compose/tree';
import type { Lab } from '../lab';
import type { Draft } from './draft';
import { imageName, insertIntoService, listed } from './draft';

/** Any answer is one: a page that asks for a password is well, too. curl comes with most images, Alpine's slim ones have BusyBox's wget. */
const asks = (port: string): string =>
  `curl -s -o /dev/null http://127.0.0.1:${port}/ || wget -q -S -O /dev/null http://127.0.0.1:${port}/ 2>&1 | grep -q HTTP/`;

/**
 * Checks that the images themselves bring the programs for, by the image's name. They pass as soon as the service answers over the network:
 * databases that fill themselves at their first start answer on their socket before.
 */
const CHECKS: readonly (readonly [RegExp, string | ((port: string) => string)])[] = [
  [/^(postgres|postgis|pgvector|timescaledb)$/, 'pg_isready -q -h 127.0.0.1 -U "$${POSTGRES_USER:-postgres}"'],
  // healthcheck.sh lacks its account where the data are older than the image
  [/^mariadb$/, 'mariadb-admin ping -h 127.0.0.1 --silent || mysqladmin ping -h 127.0.0.1 --silent'],
  // ends with 0 as soon as the server answers, be it "access denied"
  [/^mysql$/, 'mysqladmin ping -h 127.0.0.1 --silent'],
  [/^redis$/, 'redis-cli ping | grep -qE "PONG|NOAUTH"'],
  [/^valkey$/, 'valkey-cli ping | grep -qE "PONG|NOAUTH"'],
  [/^mongo$/, 'mongosh --quiet --eval "db.runCommand({ping: 1}).ok" || mongo --quiet --eval "db.runCommand({ping: 1}).ok"'],
  [/^rabbitmq$/, 'rabbitmq-diagnostics -q ping'],
  // not --spider: it asks with HEAD, which Caddy's administration refuses
  [/^caddy$/, 'wget -q -O /dev/null http://127.0.0.1:2019/config/'],
  [/^nginx$/, asks],
  [/^elasticsearch$/, 'curl -s -o /dev/null http://127.0.0.1:9200 || curl -sk -o /dev/null https://127.0.0.1:9200'],
];

/** What is said of a service's health: a check of its own, none on purpose, or nothing. */
function healthOf(service: ComposeService): 'own' | 'off' | undefined {
  if (dict(service.tree, 'healthcheck').size === 0) return undefined;
  const test = child(service.tree, 'healthcheck', 'test');
  const [first] = oneOrMore(test);
  if (isTrue(leaf(service.tree, 'healthcheck', 'disable')) || (first?.kind === 'leaf' && first.text === 'NONE')) return 'off';
  return test ? 'own' : undefined;
}

function knownCheck(service: ComposeService): string | undefined {
  const name = imageName(service);
  const check = CHECKS.find(([pattern]) => pattern.test(name))?.[1];
  return typeof check === 'function' ? check(service.ports.find(({ protocol }) => protocol === 'tcp')?.target ?? '80') : check;
}

function healthLines(check: string): string[] {
  const test = `['CMD-SHELL', '${check.replaceAll("'", "''")}']`;
  return ['healthcheck:', `  test: ${test}`, '  interval: 10s', '  timeout: 5s', '  retries: 10', '  start_period: 30s'];
}

function fixFor(lab: Lab, services: readonly ComposeService[], onByDefault: boolean): Pick<Draft, 'fix'> {
  const mended = services.flatMap((service) => {
    const check = knownCheck(service);
    const edit = check === undefined ? undefined : insertIntoService(lab, service, healthLines(check));
    return edit ? [{ name: service.name, edit }] : [];
  });
  if (mended.length === 0) return {};
  const label = `Add a health check to ${listed(mended.map(({ name }) => name))}`;
  return { fix: { label, edits: mended.map(({ edit }) => edit), onByDefault } };
}

/** Services that are waited for or released without a check of their health. Those that only run once need none. */
export function healthFindings(lab: Lab): Draft[] {
  const { services } = lab.compose;
  const once = new Set(
    services.flatMap(({ dependsOn }) =>
      dependsOn.filter((one) => one.condition === 'service_completed_successfully').map((one) => one.service),
    ),
  );
  const waits = services.flatMap((service) => service.dependsOn.map((dependency) => ({ ...dependency, waiter: service.name })));
  const blind = services.flatMap((service) => {
    const wait = waits.find((one) => one.condition === 'service_healthy' && one.service === service.name);
    const health = healthOf(service);
    if (!wait || health === 'own' || (health === undefined && knownCheck(service) === undefined)) return [];
    return [{ service, wait }];
  });
  const quiet = services.filter(
    (service) =>
      healthOf(service) === undefined &&
      knownCheck(service) !== undefined &&
      !once.has(service.name) &&
      !blind.some((one) => one.service === service),
  );
  return [
    ...blind.map(({ service, wait }): Draft => ({
      id: `waits:${service.name}`,
      severity: 'warning',
      message: `${wait.waiter} waits until ${service.name} is healthy, but ${service.name} has no health check: Compose stops there.`,
      at: wait.at,
      ...(healthOf(service) === undefined ? fixFor(lab, [service], true) : {}),
    })),
    ...(quiet.length === 0
      ? []
      : [
          {
            id: 'health',
            severity: 'info' as const,
            message: `${listed(quiet.map(({ name }) => name))} can be ill without anybody noticing: no health check.`,
            ...(quiet[0] ? { at: quiet[0].at } : {}),
            ...fixFor(lab, quiet, false),
          },
        ]),
  ];
}

/** Services that stay down after a crash. */
export function restartFindings(lab: Lab): Draft[] {
  const once = new Set(
    lab.compose.services.flatMap(({ dependsOn }) =>
      dependsOn.filter((one) => one.condition === 'service_completed_successfully').map((one) => one.service),
    ),
  );
  const fleeting = lab.compose.services.filter(
    (service) =>
      !once.has(service.name) &&
      leaf(service.tree, 'restart') === undefined &&
      child(service.tree, 'deploy', 'restart_policy') === undefined &&
      !service.build,
  );
  if (fleeting.length === 0) return [];
  const edits = fleeting.flatMap((service) => insertIntoService(lab, service, ['restart: unless-stopped']) ?? []);
  const names = listed(fleeting.map(({ name }) => name));
  return [
    {
      id: 'restart',
      severity: 'info',
      message: `${names} ${fleeting.length === 1 ? 'stays' : 'stay'} down after a crash: no restart policy.`,
      ...(fleeting[0] ? { at: fleeting[0].at } : {}),
      ...(edits.length === fleeting.length ? { fix: { label: 'Restart them unless they were stopped', edits, onByDefault: false } } : {}),
    },
  ];
}
