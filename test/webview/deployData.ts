import type { DeployForm, DeployPlanView, DeployUpdate } from '../../src/shared/deployModel';

/** A notebook behind Caddy whose .env has a mistake in DOMAIN. */
export const form: DeployForm = {
  folderName: 'jupyter-lab',
  machineName: 'ada',
  hasEnv: true,
  found: ['compose.yml', 'Caddyfile', '.env', 'jupyter-caddy.service', 'first-steps.ipynb'],
  services: [
    { name: 'caddy', image: 'caddy:2.10', ports: ['80', '443'] },
    { name: 'jupyter', image: 'jupyter/scipy-notebook', ports: [] },
  ],
  fields: [
    {
      key: 'DOMAIN',
      label: 'DOMAIN',
      kind: 'domain',
      value: 'DOMAIN=YOUR-NAME.example.org',
      help: 'The name under which the notebook is published.\nReplace it with the name of your machine.',
      required: true,
      problem: 'The value repeats its own name: "DOMAIN=YOUR-NAME.example.org" is no domain name.',
      suggestions: [
        { label: 'ada.localhost', value: 'ada.localhost' },
        { label: '203-0-113-7.sslip.io, a public name for this address', value: '203-0-113-7.sslip.io' },
      ],
    },
    { key: 'CADDY_USERNAME', label: 'CADDY_USERNAME', kind: 'user', value: 'student', help: 'Who may log in.', required: true },
    {
      key: 'CADDY_PASSWORD',
      label: 'CADDY_PASSWORD',
      kind: 'password',
      value: '',
      help: 'The hashed password.\nMake it with: caddy hash-password',
      required: true,
    },
  ],
  findings: [
    {
      id: 'unpinned',
      severity: 'info',
      message: 'The image jupyter/scipy-notebook has no version: a later deployment may bring another one.',
    },
    {
      id: 'unit-user',
      severity: 'error',
      message: 'jupyter-caddy.service runs as "teacher" in /home/teacher/data; this machine logs in as admin.',
      fix: {
        label: 'Run it as admin in the deployed folder',
        onByDefault: true,
        changes: [{ path: 'jupyter-caddy.service', before: 'User=teacher\n', after: 'User=admin\n' }],
      },
    },
    {
      id: 'frozen',
      severity: 'warning',
      message: 'jupyter/scipy-notebook on Docker Hub has not been updated since 2023.',
      fix: {
        label: 'Use quay.io/jupyter/scipy-notebook',
        onByDefault: true,
        changes: [{ path: 'compose.yml', before: 'a\n', after: 'b\n' }],
      },
    },
  ],
};

export const plan: DeployPlanView = {
  notebooks: [{ name: 'first-steps.ipynb', url: 'https://ada.localhost/lab/tree/work/first-steps.ipynb' }],
  url: 'https://ada.localhost',
  steps: [
    { title: 'Hash the password', detail: 'bcrypt, cost 14, on this computer' },
    { title: 'Install Docker', detail: 'docker.io and docker-compose from Debian' },
    { title: 'Upload jupyter-lab', detail: 'to ~/skylab/jupyter-lab/releases' },
    { title: 'Start the services', detail: 'docker compose up --wait' },
    { title: 'Install the unit', detail: 'jupyter-caddy.service, so that it starts at boot' },
    { title: 'Prove it', detail: '401 without the password, 200 with it' },
  ],
  changes: [
    { path: '.env', before: 'a', after: 'b' },
    { path: 'jupyter-caddy.service', before: 'a', after: 'b' },
  ],
  problems: {},
};

/** The same stack again, with a release that serves. */
export const update: DeployUpdate = {
  release: '20261121-093000-4f2a',
  files: [
    { path: 'compose.yml', kind: 'changed', readable: true },
    { path: 'data/large.bin', kind: 'added', readable: false },
    { path: 'old-notes.md', kind: 'removed', readable: true },
  ],
  moreFiles: 0,
  env: [
    { key: 'DOMAIN', kind: 'changed' },
    { key: 'CADDY_PASSWORD', kind: 'typed' },
  ],
  images: [{ service: 'caddy', before: 'caddy:2.9', after: 'caddy:2.10' }],
  unit: 'changed',
  ill: ['jupyter ended with code 1'],
  nothing: false,
};

export const withProblems: DeployPlanView = {
  ...plan,
  problems: { DOMAIN: 'DOMAIN is no domain name.', CADDY_PASSWORD: 'Type a password.' },
};
