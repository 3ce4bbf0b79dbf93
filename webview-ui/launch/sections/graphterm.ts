import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { lacking } from '../../../src/shared/lacking';
import type { GraphTermPreset } from '../../../src/shared/launchMore';
import { notes, remark, selectField, textField } from '../../lib/fields';
import { tick } from '../../lib/rows';
import { imageChange } from '../model';
import { python2Image, python2Search, python2Warning } from '../python2';
import { graphtermSaid } from '../said';
import type { FormState } from '../state';
import { section } from './section';

const USUAL: GraphTermPreset = {
  kind: 'graphterm',
  role: 'server',
  auth: 'singleuser',
  https: true,
  pylab: false,
  netcdf: false,
  r: false,
  allowEmbed: false,
  allowShare: false,
  logging: false,
  oshell: false,
  screen: false,
  otherOptions: '',
};

type Flag = { [Field in keyof GraphTermPreset]: GraphTermPreset[Field] extends boolean ? Field : never }[keyof GraphTermPreset] & string;

const PACKAGES: readonly (readonly [Flag, string])[] = [
  ['pylab', 'NumPy and Matplotlib'],
  ['netcdf', 'NetCDF'],
  ['r', 'R'],
];
const SERVER: readonly (readonly [Flag, string])[] = [
  ['https', 'HTTPS instead of HTTP'],
  ['allowEmbed', 'Other sites may embed its pages'],
  ['allowShare', 'Users may share terminals'],
  ['logging', 'Write a log'],
  ['oshell', 'Python shell (oshell)'],
  ['screen', 'Run under screen'],
];

/** GraphTerm's own launch options as a ready-made set-up. */
export function graphtermSection(form: FormState): TemplateResult {
  const { preset } = form.spec;
  return section(form, {
    id: 'graphterm',
    title: 'GraphTerm preset',
    said: graphtermSaid(form.data, preset),
    fields: ['preset'],
    body: () => [
      html`<div class="ticks">
        ${tick('Install GraphTerm, a terminal with graphics in the browser', preset !== undefined, (on) =>
          form.change({ preset: on ? USUAL : undefined }, { touch: '' }),
        )}
      </div>`,
      python2(form),
      preset === undefined ? nothing : options(form, preset),
    ],
  });
}

/** The image that was chosen, and one that runs GraphTerm. */
function python2(form: FormState): TemplateResult | typeof nothing {
  const { data, spec, search } = form;
  const warning = python2Warning(data, spec);
  if (warning === undefined) return nothing;
  const fitting = python2Image(data, spec);
  const text = python2Search(data, spec);
  const busy = search?.text === text && search.busy;
  const none = search?.text === text && !search.busy && fitting === undefined;
  return html`${remark(warning)}
    <div class="inline">
      ${
        fitting === undefined
          ? html`<vscode-button secondary ?disabled=${busy} @click=${() => form.searchImages(text)}
                >${busy ? 'Looking for Ubuntu 22.04…' : 'Look for Ubuntu 22.04'}</vscode-button
              >${none ? html`<span>${search.problem ?? 'The cloud has none.'}</span>` : nothing}`
          : html`<vscode-button secondary @click=${() => form.change(...imageChange(data, spec, fitting.id))}
              >Use ${fitting.label}</vscode-button
            >`
      }
    </div>`;
}

function options(form: FormState, preset: GraphTermPreset): TemplateResult {
  const { data } = form;
  const update = (change: Partial<GraphTermPreset>, touch: string): void =>
    form.change({ preset: { ...preset, ...change } }, { touch: `preset.${touch}` });
  const flags = (legend: string, list: readonly (readonly [Flag, string])[]): TemplateResult =>
    html`<fieldset>
      <legend>${legend}</legend>
      <div class="ticks">${list.map(([flag, label]) => tick(label, preset[flag], (on) => update({ [flag]: on }, flag)))}</div>
    </fieldset>`;
  const host = preset.role === 'host';
  return html`<div class="pair">
      ${selectField({
        id: 'preset-role',
        label: 'This machine is',
        value: preset.role,
        problem: form.problem('preset.role'),
        options: [
          { value: 'server', label: 'A server' },
          { value: 'notebook', label: 'A server with notebooks' },
          { value: 'host', label: 'A host that joins a server' },
        ],
        onInput: (role) => {
          form.change({ preset: { ...lacking(preset, 'primary'), role: role as GraphTermPreset['role'] } }, { touch: 'preset.role' });
        },
      })}
      ${
        host
          ? selectField({
              id: 'preset-primary',
              label: 'Joins',
              value: preset.primary ?? '',
              problem: form.problem('preset.primary'),
              help: 'Over its private address.',
              options: [{ value: '', label: 'Choose a machine' }, ...data.machines.map(({ key, name }) => ({ value: key, label: name }))],
              onInput: (primary) => update({ primary }, 'primary'),
            })
          : selectField({
              id: 'preset-auth',
              label: 'Who may log in',
              value: preset.auth,
              problem: form.problem('preset.auth'),
              options: [
                { value: 'singleuser', label: 'One user, with a code' },
                { value: 'multiuser', label: 'Several users, with a code each' },
                { value: 'name', label: 'Anybody who gives a name' },
                { value: 'none', label: 'Anybody' },
              ],
              onInput: (auth) => update({ auth: auth as GraphTermPreset['auth'] }, 'auth'),
            })
      }
    </div>
    ${host ? nothing : flags('Server', SERVER)} ${flags('Installed with it', PACKAGES)}
    ${textField({
      id: 'preset-otherOptions',
      label: 'Other options',
      value: preset.otherOptions,
      placeholder: '--nolocal',
      problem: form.problem('preset.otherOptions'),
      onInput: (otherOptions) => update({ otherOptions }, 'otherOptions'),
    })}
    ${notes('preset', undefined, form.problem('preset'))}`;
}
