import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { lacking } from '../../../src/shared/lacking';
import type { UserSpec } from '../../../src/shared/launchMore';
import { MAX_USER_DATA_BYTES, userDataBytes } from '../../../src/shared/launchSpec';
import { textArea, textField } from '../../lib/fields';
import { row, rowsField, textCell, tick } from '../../lib/rows';
import { loginField } from '../choices';
import { replaced, without } from '../edits';
import { setupSaid } from '../said';
import type { FormState } from '../state';
import { section } from './section';

/** What is on the machine when it is ready: packages, people, files, a script before and a command after. */
export function setupSection(form: FormState): TemplateResult {
  const { spec } = form;
  const bytes = userDataBytes(spec.userData);
  return section(form, {
    id: 'setup',
    title: 'Set-up',
    said: setupSaid(spec),
    fields: ['loginUser', 'hostname', 'packages', 'users', 'userData', 'copies', 'runAfter'],
    body: () => [
      textField({
        id: 'packages',
        label: 'Packages',
        value: form.typed('packages', (spec.packages ?? []).join(' ')),
        placeholder: 'git tmux python3-venv',
        help: "Names as the distribution's package manager knows them, with spaces between.",
        problem: form.problemsOf('packages')[0],
        onInput: (text) => {
          const names = text.split(/[\s,]+/).filter((name) => name !== '');
          form.change({ packages: names.length === 0 ? undefined : names }, { touch: 'packages', typed: ['packages', text] });
        },
      }),
      users(form),
      textArea({
        id: 'userData',
        label: 'Set-up script',
        rows: 7,
        value: spec.userData,
        placeholder: '#!/bin/bash\napt-get update',
        help: `Run once at the first boot, as root. A shell script that begins with #!, or #cloud-config. ${bytes.toLocaleString('en-US')} of ${MAX_USER_DATA_BYTES.toLocaleString('en-US')} bytes. Every process on the machine can read it: no passwords here.`,
        problem: form.problem('userData'),
        onInput: (userData) => form.change({ userData }),
      }),
      copies(form),
      textArea({
        id: 'runAfter',
        label: 'Command after set-up',
        rows: 2,
        value: spec.runAfter ?? '',
        placeholder: 'cd lab && ./prepare.sh',
        help: 'Run once by the login user, after the copying.',
        problem: form.problem('runAfter'),
        onInput: (text) => form.change({ runAfter: text === '' ? undefined : text }, { touch: 'runAfter' }),
      }),
      textField({
        id: 'hostname',
        label: 'Host name on the machine',
        value: spec.hostname ?? '',
        placeholder: 'from the name of the machine',
        problem: form.problem('hostname'),
        onInput: (text) => form.change({ hostname: text.trim() === '' ? undefined : text.trim() }, { touch: 'hostname' }),
      }),
      form.data.capabilities.attributes ? loginField(form) : nothing,
    ],
  });
}

const lines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function users(form: FormState): TemplateResult {
  const list = form.spec.users ?? [];
  return rowsField({
    id: 'users',
    legend: 'Users besides the login user',
    boxed: true,
    rows: list.map((user, i) => userRow(form, list, user, i)),
    add: 'Add user',
    onAdd: () => form.change({ users: [...list, { name: '', publicKeys: [] }] }, { touch: '', focus: `user-${list.length}-name` }),
  });
}

function userRow(form: FormState, list: readonly UserSpec[], user: UserSpec, i: number): TemplateResult {
  const key = `users.${i}`;
  const update = (change: Partial<UserSpec>, touch: keyof UserSpec): void =>
    form.change({ users: replaced(list, i, { ...user, ...change }) }, { touch: `${key}.${touch}` });
  const keys = `user-${i}-keys`;
  const keysWrong = form.problemsOf(`${key}.publicKeys`).length > 0;
  return row({
    name: `user ${i + 1}`,
    cells: [
      textCell({
        id: `user-${i}-name`,
        label: 'User name',
        span: 12,
        value: user.name,
        placeholder: 'grace',
        invalid: form.problem(`${key}.name`) !== undefined,
        onInput: (name) => update({ name: name.trim() }, 'name'),
      }),
    ],
    more: html`<div class="cell wide">
        <label class="mini" for=${keys}>Public keys, one in a line</label>
        <textarea
          id=${keys}
          rows="2"
          .value=${user.publicKeys.join('\n')}
          placeholder="ssh-ed25519 AAAA… grace@laptop"
          autocomplete="off"
          spellcheck="false"
          aria-invalid=${keysWrong ? 'true' : 'false'}
          @change=${(event: Event) => update({ publicKeys: lines((event.target as HTMLTextAreaElement).value) }, 'publicKeys')}
        ></textarea>
      </div>
      <div class="inline">
        <vscode-button secondary @click=${() => form.browse('userKey', i)}>Choose key file…</vscode-button>
        ${tick('May act as root (sudo)', user.sudo === true, (on) => {
          const rest = lacking(user, 'sudo');
          form.change({ users: replaced(list, i, on ? { ...rest, sudo: true } : rest) }, { touch: `${key}.sudo` });
        })}
      </div>`,
    problems: form.problemsOf(key),
    onRemove: () => form.change({ users: without(list, i) }, { touch: '', focus: 'users-add' }),
  });
}

function copies(form: FormState): TemplateResult {
  const list = form.spec.copies ?? [];
  return rowsField({
    id: 'copies',
    legend: 'Files and folders to copy',
    rows: list.map((copy, i) => {
      const update = (change: Partial<(typeof list)[number]>, part: string): void =>
        form.change({ copies: replaced(list, i, { ...copy, ...change }) }, { touch: `copies.${i}.${part}` });
      return row({
        name: `copy ${i + 1}`,
        cells: [
          textCell({
            id: `copy-${i}-from`,
            label: 'From this computer',
            span: 7,
            value: copy.from,
            placeholder: 'Path of a file or folder',
            invalid: form.problem(`copies.${i}.from`) !== undefined,
            onInput: (from) => update({ from }, 'from'),
            after: html`<span class="browse"
              ><button
                type="button"
                class="link"
                @click=${() => form.browse('copyFile', i)}
                aria-label="Browse for a file for copy ${i + 1}"
              >
                File…
              </button>
              <button
                type="button"
                class="link"
                @click=${() => form.browse('copyFolder', i)}
                aria-label="Browse for a folder for copy ${i + 1}"
              >
                Folder…
              </button></span
            >`,
          }),
          textCell({
            id: `copy-${i}-to`,
            label: 'To',
            span: 5,
            value: copy.to,
            placeholder: '~/lab',
            invalid: form.problem(`copies.${i}.to`) !== undefined,
            onInput: (to) => update({ to }, 'to'),
          }),
        ],
        problems: form.problemsOf(`copies.${i}`),
        onRemove: () => form.change({ copies: without(list, i) }, { touch: '', focus: 'copies-add' }),
      });
    }),
    add: 'Add file or folder',
    onAdd: () => form.change({ copies: [...list, { from: '', to: '~' }] }, { touch: '', focus: `copy-${list.length}-from` }),
  });
}
