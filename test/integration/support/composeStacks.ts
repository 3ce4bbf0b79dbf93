/** Stacks as people write them, one for each thing that Compose files do: name -> path -> text. */
export const STACKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'an override beside the main file': {
    'compose.yaml': `services:
  web:
    image: nginx:1.27
    command: [nginx, -g, 'daemon off;']
    ports: ["8080:80", "9000-9002:9000-9002/udp"]
    environment: [MODE=base, ONLY_BASE=1]
    volumes: ["./html:/usr/share/nginx/html:ro", "cache:/cache"]
    labels: {a: "1"}
  db:
    image: postgres:17
volumes:
  cache:
`,
    'compose.override.yml': `services:
  web:
    command: sleep 1
    ports: ["8443:443", "8080:80"]
    environment: {MODE: override, ADDED: "yes"}
    volumes: ["./other:/usr/share/nginx/html"]
    labels: [b=2]
    depends_on: [db]
  db:
    environment:
      POSTGRES_PASSWORD: x
`,
  },
  'files named by COMPOSE_FILE, with what !reset and !override take away': {
    '.env': 'COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml\n',
    'docker-compose.yml': `version: "3.8"
services:
  app:
    build: ./app
    ports: ["3000:3000", "9229:9229"]
    environment: {DEBUG: "1", KEEP: "1"}
    volumes: [".:/code"]
`,
    'docker-compose.prod.yml': `services:
  app:
    image: registry.example.org:5000/app:1.2
    ports: !override ["80:3000"]
    environment:
      DEBUG: !reset null
    volumes: !reset []
`,
  },
  'profiles, one of them switched on by the .env': {
    '.env': 'COMPOSE_PROFILES=tools\n',
    'compose.yml': `services:
  app: {image: "busybox:1"}
  adminer: {image: "adminer:5", profiles: [tools, debug], ports: [8081:8080]}
  profiler: {image: "busybox:1", profiles: [debug]}
`,
  },
  'include, with a folder and variables of its own': {
    'compose.yml': `include:
  - parts/db.yml
  - path: [monitoring/compose.yml, monitoring/more.yml]
    project_directory: monitoring
services:
  app:
    image: busybox:1
    depends_on: [db]
`,
    'parts/.env': 'DB_TAG=16\n',
    'parts/db.yml': `services:
  db:
    image: "postgres:\${DB_TAG:-15}"
    volumes: ["./init:/docker-entrypoint-initdb.d:ro", "data:/var/lib/postgresql/data"]
volumes:
  data:
`,
    'monitoring/compose.yml': `services:
  prometheus:
    image: prom/prometheus:v3.0.0
    volumes: ["./prometheus.yml:/etc/prometheus/prometheus.yml"]
`,
    'monitoring/more.yml': `services:
  prometheus:
    ports: ["127.0.0.1:9090:9090"]
`,
  },
  'extends, from another file and from the same one': {
    'compose.yml': `services:
  base:
    image: busybox:1
    environment: {A: base, B: base}
    volumes: ["./base:/base"]
  worker:
    extends: base
    environment: {B: worker}
  remote:
    extends: {file: common/services.yml, service: logged}
    ports: ["7000:7000"]
`,
    'common/services.yml': `services:
  plain:
    image: alpine:3
    env_file: ./plain.env
    volumes: ["./data:/data"]
  logged:
    extends: {service: plain}
    environment: [LOG=1]
`,
    'common/plain.env': 'FROM_FILE=1\n',
  },
  'anchors, merge keys and extensions': {
    'docker-compose.yml': `x-common: &common
  image: busybox:1
  restart: unless-stopped
x-env: &env {TZ: UTC, LEVEL: info}
services:
  a:
    <<: *common
    environment:
      <<: *env
      LEVEL: debug
  b:
    <<: [*common, {image: "alpine:3", user: "1000"}]
    environment: *env
    x-note: mine
`,
  },
  'env files in every form': {
    '.env': 'OUTER=outer value\n',
    'compose.yml': `services:
  a:
    image: busybox:1
    env_file: one.env
    environment: [OUTER, MISSING, ONE=own]
  b:
    image: busybox:1
    env_file:
      - one.env
      - path: ./conf/two.env
        required: true
      - path: absent.env
        required: false
`,
    'one.env': "# first\nONE=1\nexport QUOTED='a # b'\nUSES=${OUTER:-none}\n",
    'conf/two.env': 'TWO="2"\nONE=again\n',
  },
  'ports in every form': {
    '.env': 'IP=127.0.0.1\nPORT=8100\nRANGE=8200-8202\n',
    'compose.yml': `services:
  a:
    image: busybox:1
    ports:
      - 80
      - "3000-3002"
      - "8000:8000"
      - "\${IP}:\${PORT}:80/tcp"
      - "\${RANGE}:9000-9002"
      - "10000-10010:22"
      - "127.0.0.1::53/udp"
      - "[::1]:6001:6001"
      - target: 443
        published: "8443"
        host_ip: 10.0.0.1
        protocol: tcp
        mode: host
      - {target: 70}
    expose: ["1234"]
`,
  },
  'volumes in every form': {
    'compose.yml': `services:
  a:
    image: busybox:1
    volumes:
      - /anonymous
      - named:/named
      - ./relative/:/relative/
      - ../sibling:/sibling:ro
      - /srv/data:/data:rw,z
      - ~/home:/home/x
      - type: bind
        source: ./long
        target: /long
        read_only: true
      - {type: volume, source: named, target: /again, volume: {nocopy: true}}
      - {type: tmpfs, target: /tmp/t, tmpfs: {size: 1000000}}
    tmpfs: [/run]
volumes:
  named: {external: true, name: shared}
`,
  },
  'secrets, configs and networks': {
    'compose.yml': `name: course
services:
  a:
    image: busybox:1
    secrets: [token, {source: cert, target: /etc/cert.pem, mode: 0440}]
    configs: [{source: site, target: /etc/site.conf}]
    networks: {front: {aliases: [web]}, back: }
  b:
    image: busybox:1
    network_mode: host
secrets:
  token: {file: ./token.txt}
  cert: {environment: CERT}
configs:
  site: {file: ./site.conf}
networks:
  front: {external: true}
  back: {internal: true}
`,
    'token.txt': 'secret\n',
    'site.conf': 'x\n',
  },
  'something that runs once before the rest': {
    'compose.yml': `services:
  migrate:
    image: busybox:1
    command: "true"
  app:
    image: busybox:1
    depends_on:
      migrate: {condition: service_completed_successfully}
      cache: {condition: service_started, required: false}
  cache:
    image: redis:7
    profiles: [cache]
`,
  },
  'swarm keys and odd spellings': {
    'docker-compose.yaml': `version: '3'
services:
  a:
    image: 'busybox:1'
    deploy:
      mode: replicated
      replicas: 2
      placement: {constraints: [node.role == manager]}
      resources: {limits: {cpus: '0.5', memory: 50M}}
      update_config: {parallelism: 1}
    environment:
      YES: yes
      ON: "on"
      NUMBER: 1.50
      EMPTY: ""
      NOTHING:
    privileged: "true"
    stop_grace_period: 1m30s
`,
  },
  'nested defaults and dollars': {
    '.env': 'SET=set\nEMPTY=\n',
    'compose.yml': `services:
  a:
    image: "busybox:\${TAG-\${OTHER:-1.\${SET:+36}}}"
    environment:
      DOLLAR: a$$b
      PLUS: \${EMPTY:+no}\${SET+yes}
      DEEP: "\${EMPTY:-\${NONE:-deep}}"
    ports: ["\${EMPTY:-8080}:80"]
`,
  },
  'two documents in one file': {
    'compose.yml': `services:
  a: {image: "busybox:1", ports: ["1000:1000"]}
---
services:
  a: {ports: ["2000:2000"]}
  b: {image: "alpine:3"}
`,
  },
};

/** Stacks that Compose refuses, each with what Skylab says of it. */
export const REFUSED: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
  'a service without image and build': [{ 'compose.yml': 'services:\n  a:\n    ports: ["80:80"]\n' }, /line 3: a has neither/],
  'a volume that is not defined': [
    { 'compose.yml': 'services:\n  a:\n    image: x\n    volumes:\n      - data:/data\n' },
    /line 5: a uses the volume data/,
  ],
  'a network that is not defined': [
    { 'compose.yml': 'services:\n  a:\n    image: x\n    networks: [n]\n' },
    /line 4: a uses the network n/,
  ],
  'a secret that is not defined': [{ 'compose.yml': 'services:\n  a:\n    image: x\n    secrets: [s]\n' }, /line 4: a uses s, /],
  'a key that is misspelt': [
    { 'compose.yml': 'services:\n  a:\n    image: x\n    enviroment: {A: 1}\n' },
    /line 4: Compose knows no enviroment/,
  ],
  'a key that a volume does not have': [
    {
      'compose.yml':
        'services:\n  a:\n    image: x\n    volumes:\n      - type: bind\n        source: ./a\n        target: /a\n        content: made by a tool\n',
    },
    /line 8: Compose knows no content of a volume \(a\)/,
  ],
  'services that wait for each other': [
    { 'compose.yml': 'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n' },
    /a → b → a/,
  ],
  'a service that waits for none': [
    { 'compose.yml': 'services:\n  a:\n    image: x\n    depends_on: [b]\n' },
    /line 4: a depends on b, which is no/,
  ],
  'an env file that is not there': [{ 'compose.yml': 'services:\n  a:\n    image: x\n    env_file: a.env\n' }, /line 4: a reads a\.env/],
  'an include that is not there': [
    { 'compose.yml': 'include: [b.yml]\nservices:\n  a: {image: x}\n' },
    /line 1: b\.yml is not in the folder/,
  ],
  'an include of itself': [{ 'compose.yml': 'include: [compose.yml]\nservices:\n  a: {image: x}\n' }, /includes itself/],
  'extends of a service that is not there': [{ 'compose.yml': 'services:\n  a:\n    image: x\n    extends: b\n' }, /a extends b/],
  'a port that is none': [{ 'compose.yml': 'services:\n  a:\n    image: x\n    ports: ["80:http"]\n' }, /line 4: http is no port/],
  'ranges of different lengths': [{ 'compose.yml': 'services:\n  a:\n    image: x\n    ports: ["80-82:80-81"]\n' }, /different lengths/],
  'a variable that it insists on': [{ 'compose.yml': 'services:\n  a:\n    image: "x:${TAG:?name one}"\n' }, /line 3: .*TAG.*name one/],
  'a brace that never closes': [{ 'compose.yml': 'services:\n  a:\n    image: "x:${TAG"\n' }, /line 3: /],
  'a list laid over a mapping': [
    {
      'compose.yml': 'services:\n  a:\n    image: x\n    deploy: {replicas: 1}\n',
      'compose.override.yml': 'services:\n  a:\n    deploy: [1]\n',
    },
    /deploy/,
  ],
};
