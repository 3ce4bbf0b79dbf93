import type { ComposePort, ComposeService } from '../compose/service';
import type { Edit } from '../edits';
import type { Lab } from '../lab';
import { caddyService, mainSite } from '../lab';
import type { Draft } from './draft';
import { listed, textOf } from './draft';

const STORES =
  /(^|\/)(postgres|postgis|pgvector|timescaledb|mysql|mariadb|percona|mongo|redis|valkey|keydb|dragonfly|memcached|elasticsearch|opensearch|rabbitmq|cassandra|scylla|influxdb|couchdb|neo4j|clickhouse-server|cockroach|etcd|zookeeper|kafka|nats|minio|qdrant|meilisearch)\b/;
const ADMINS =
  /(^|\/)(adminer|phpmyadmin|pgadmin4?|mongo-express|portainer(-ce)?|redis-commander|redisinsight|kibana|dockge|yacht|docker-socket-proxy|socket-proxy|cadvisor|node-exporter|pgweb|cloudbeaver|kafka-ui|akhq|phpldapadmin|webmin|dozzle|docker-registry-ui)\b/;
/** Where Docker's engine and databases listen, whatever the image is called. */
const KNOWN_PORTS: ReadonlyMap<string, string> = new Map([
  ['2375', 'Docker’s engine without a password'],
  ['3306', 'a data store'],
  ['5432', 'a data store'],
  ['6379', 'a data store'],
  ['9200', 'a data store'],
  ['11211', 'a data store'],
  ['27017', 'a data store'],
]);

const isOpen = (port: ComposePort): boolean => port.hostIp === undefined || ['', '0.0.0.0', '[::]', '::'].includes(port.hostIp);

function kindOf(service: ComposeService, port: ComposePort): string | undefined {
  const image = service.image?.value ?? '';
  if (STORES.test(image)) return 'a data store';
  if (ADMINS.test(image)) return 'an administration page';
  return KNOWN_PORTS.get(port.target);
}

function closeEdit(lab: Lab, port: ComposePort): Edit[] {
  if (!port.at) return [];
  const { path, start, end } = port.at;
  const bare = port.text.replace(/^(0\.0\.0\.0|\[::\]):/, '');
  const closed = port.published === undefined ? `127.0.0.1::${bare}` : `127.0.0.1:${bare}`;
  const raw = textOf(lab, path).slice(start, end);
  return [{ path, start, end, text: /^["']/.test(raw) ? raw.replace(port.text, () => closed) : `"${closed}"` }];
}

/** Published ports that anyone could reach past the password, or behind which a store or an administration page listens. */
export function portFindings(lab: Lab): Draft[] {
  const front = caddyService(lab);
  const guarded = mainSite(lab)?.account !== undefined;
  const told = new Set<ComposeService>();
  const drafts = lab.compose.services.flatMap((service): Draft[] => {
    if (service === front) return [];
    const open = service.ports.filter((port) => isOpen(port) && (guarded || kindOf(service, port) !== undefined));
    const [first] = open;
    if (!first) return [];
    told.add(service);
    const edits = open.flatMap((port) => closeEdit(lab, port));
    const kind = open.map((port) => kindOf(service, port)).find((one) => one !== undefined);
    const why = kind === undefined ? 'past the password that Caddy asks for' : `and it is ${kind}`;
    return [
      {
        id: `port:${service.name}`,
        severity: 'warning',
        message: `${service.name} is published on all addresses (${open.map((port) => port.text).join(', ')}) ${why}. Docker’s ports pass by ufw.`,
        at: first.line,
        ...(edits.length === open.length ? { fix: { label: 'Publish it on 127.0.0.1 only', edits, onByDefault: true } } : {}),
      },
    ];
  });
  return [...drafts, ...replicaFindings(lab), ...openFindings(lab, told)];
}

/** What else is open: said once, since a host firewall looks as if it stopped it. */
function openFindings(lab: Lab, told: ReadonlySet<ComposeService>): Draft[] {
  const ports = lab.compose.services
    .filter((service) => !told.has(service))
    .flatMap((service) => service.ports.filter((port) => isOpen(port) && !['80', '443'].includes(port.published ?? '')));
  const [first] = ports;
  if (!first) return [];
  const names = [...new Set(ports.map((port) => port.published ?? port.text))];
  const message = `Published on all addresses: ${listed(names)}. ufw does not stop Docker’s ports; the cloud’s firewall does.`;
  return [{ id: 'open', severity: 'info', message, at: first.line }];
}

/** Two containers cannot have one port of the machine. */
function replicaFindings(lab: Lab): Draft[] {
  return lab.compose.services.flatMap((service): Draft[] => {
    const port = service.ports.find(({ published }) => published !== undefined && !published.includes('-'));
    if (!port || service.replicas < 2) return [];
    const message = `${service.name} is to run ${service.replicas} times, but only one of them can have port ${port.published ?? ''}.`;
    return [{ id: `replicas:${service.name}`, severity: 'warning', message, at: port.line }];
  });
}
